// What a window that comes back is shown of a terminal, held to xterm.js cell by cell: each recorded session is drawn
// once as it was, and once from each snapshot of it on.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import unicode11 from "@xterm/addon-unicode11";
import headless from "@xterm/headless";
import { root } from "../paths.mjs";

const folder = path.join(root, "tests/terminal");
/** Of all cells, those that may differ. */
const TOLERANCE = 0.001;

const lines = async (...where) => {
  const text = await readFile(path.join(folder, ...where), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
};

class Drawn {
  constructor(cols, rows) {
    this.terminal = new headless.Terminal({ cols, rows, scrollback: 10_000, allowProposedApi: true });
    this.terminal.loadAddon(new unicode11.Unicode11Addon());
    this.terminal.unicode.activeVersion = "11";
  }

  async play(events) {
    for (const [kind, ...event] of events) {
      if (kind === "size") this.terminal.resize(...event);
      else await new Promise((resolve) => this.terminal.write(event[0], resolve));
    }
  }

  /** Every cell of both screens as text, by line; and the state that a program can set. */
  read() {
    const { buffer, cols, modes } = this.terminal;
    const rows = (screen) => Array.from({ length: screen.length }, (_, y) => cells(screen.getLine(y), cols));
    const active = buffer.active;
    return {
      normal: rows(buffer.normal),
      alternate: rows(buffer.alternate),
      state: { cursor: [active.cursorX, active.cursorY], base: active.baseY, type: active.type, modes: { ...modes } },
    };
  }
}

function cells(line, cols) {
  return Array.from({ length: cols }, (_, x) => {
    const cell = line.getCell(x);
    if (!cell) return "none";
    const style = [
      cell.getFgColorMode(),
      cell.getFgColor(),
      cell.getBgColorMode(),
      cell.getBgColor(),
      cell.isBold(),
      cell.isDim(),
      cell.isItalic(),
      cell.isUnderline(),
      cell.isBlink(),
      cell.isInverse(),
      cell.isInvisible(),
      cell.isStrikethrough(),
      cell.isOverline(),
    ];
    return `${cell.getChars() || (cell.getWidth() === 0 ? "" : " ")}/${cell.getWidth()}/${style.map(Number).join(",")}`;
  });
}

function compare(expected, actual, where, differences) {
  let count = 0;
  for (const screen of ["normal", "alternate"]) {
    for (let y = 0; y < Math.max(expected[screen].length, actual[screen].length); y++) {
      const [left, right] = [expected[screen][y] ?? [], actual[screen][y] ?? []];
      for (let x = 0; x < Math.max(left.length, right.length); x++) {
        count++;
        if (left[x] !== right[x]) differences.push(`${where} ${screen} ${y}:${x} ${left[x]} ≠ ${right[x]}`);
      }
    }
  }
  return count;
}

test("a snapshot shows a recorded session as xterm.js has it", async () => {
  const differences = [];
  const states = [];
  let count = 0;
  const names = (await readdir(path.join(folder, "recordings"))).map((name) => path.parse(name).name);
  assert.ok(names.length > 5);
  for (const name of names) {
    const events = await lines("recordings", `${name}.jsonl`);
    for (const [done, snapshot] of await lines("snapshots", `${name}.jsonl`)) {
      const original = new Drawn(80, 24);
      await original.play(events.slice(0, done));
      const redrawn = new Drawn(original.terminal.cols, original.terminal.rows);
      await redrawn.play([["out", snapshot]]);
      const now = [original.read(), redrawn.read()];
      count += compare(...now, `${name}@${done}`, differences);
      if (JSON.stringify(now[0].state) !== JSON.stringify(now[1].state))
        states.push([`${name}@${done}`, now[0].state, now[1].state]);

      // And what comes after finds the same cursor, margins and modes.
      await Promise.all([original, redrawn].map((drawn) => drawn.play(events.slice(done))));
      count += compare(original.read(), redrawn.read(), `${name}@${done} to its end`, differences);
    }
  }
  const summary = `${differences.length} of ${count} cells differ`;
  console.log(summary);
  if (process.env.TERMINAL_SCREEN_DIFFERENCES) console.log(differences.join("\n"), JSON.stringify(states, null, 1));
  assert.ok(differences.length <= count * TOLERANCE, `${summary}, the first:\n${differences.slice(0, 20).join("\n")}`);
  assert.deepEqual(states, []);
});
