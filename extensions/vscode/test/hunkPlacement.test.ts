import { expect, test } from "vitest";
import { lensRows } from "../src/hunks/lensRows";
import { firstLine, hunkAt, neighbour, place, type Placed } from "../src/hunks/placement";
import { targetsOf } from "../src/hunks/selection";
import { before, excerpts, olderTexts } from "../src/hunks/texts";
import { CODEX, fileHunks, hunk } from "./hunkTexts";

const FIRST = hunk("h1", 1, 1, ["-one", "+ONE", " two"], { origin: CODEX });
const GONE = hunk("h2", 4, 4, [" four", "-five", " six"], { origin: CODEX, kept: true });
const LAST = hunk("h3", 8, 7, [" eight", "+and", "+a half", " nine"], { origin: CODEX });
const NOW = ["ONE", "two", "three", "four", "six", "seven", "eight", "and", "a half", "nine"];
const OLD = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const HUNKS = fileHunks({ unstaged: [FIRST, GONE, LAST] });

function where(placed: Placed[]): [string, string, number, number][] {
  return placed.flatMap(({ hunk: { hunkId }, state, runs }) =>
    runs.map(({ start, end }): [string, string, number, number] => [hunkId, state, start, end]),
  );
}

test("hunks stand where their lines are, and a kept one is a person's own", () => {
  expect(where(place(NOW, HUNKS))).toEqual([
    ["h1", "agent", 0, 1],
    ["h2", "own", 4, 4],
    ["h3", "agent", 7, 9],
  ]);
});

test("unsaved edits elsewhere move hunks, edits within hide them", () => {
  const moved = ["a title", "", ...NOW];
  expect(where(place(moved, HUNKS)).map(([id, , start]) => [id, start])).toEqual([
    ["h1", 2],
    ["h2", 6],
    ["h3", 9],
  ]);
  const touched = NOW.map((line) => (line === "and" ? "AND" : line));
  expect(where(place(touched, HUNKS)).map(([id]) => id)).toEqual(["h1", "h2"]);
});

test("of two places that look alike the nearer one counts", () => {
  const twice = hunk("h", 5, 5, ["-x", "+same"]);
  const [found] = place(["same", "a", "b", "c", "same", "same"], fileHunks({ unstaged: [twice] }));
  expect(found?.start).toBe(4);
});

test("a byte order mark, which the editor takes out, hides nothing", () => {
  const marked = hunk("h", 1, 1, ["-\uFEFFold", "+\uFEFFnew"]);
  expect(place(["new"], fileHunks({ unstaged: [marked] }))).toHaveLength(1);
});

test("a file that was emptied has its hunk at the only line there is", () => {
  const emptied = hunk("h", 1, 0, ["-one"]);
  expect(where(place([""], fileHunks({ unstaged: [emptied] })))).toEqual([["h", "own", 0, 0]]);
});

test("the cursor is in a hunk on its lines, and on the line after a removal", () => {
  const placed = place(NOW, HUNKS);
  const at = (line: number) => hunkAt(placed, line, ["agent", "own"])?.hunk.hunkId;
  expect([0, 1, 3, 4, 5, 7, 8, 9].map(at)).toEqual([
    "h1",
    undefined,
    undefined,
    "h2",
    undefined,
    "h3",
    "h3",
    undefined,
  ]);
  expect(hunkAt(placed, 4, ["agent"])).toBeUndefined();
});

test("from one hunk to review to the next, round the end", () => {
  const placed = place(NOW, HUNKS);
  const to = (line: number, step: 1 | -1) => {
    const found = neighbour(placed, line, step);
    return found && firstLine(found);
  };
  expect([to(0, 1), to(8, 1), to(8, -1), to(0, -1)]).toEqual([7, 0, 0, 7]);
});

test("lenses stand above what is to be reviewed, and above all if a person wants it", () => {
  const staged = { ...LAST, hunkId: "s" };
  const placed = place(NOW, fileHunks({ unstaged: [FIRST, GONE], staged: [staged] }));
  const rows = (...args: Parameters<typeof lensRows>) =>
    lensRows(...args).map(
      ({ line, title, args: [, id] }) => `${line} ${title.replace(/\$\(.*?\) /, "")} ${String(id)}`,
    );
  const uri = "file:///repo/poem.txt";
  expect(rows(uri, placed, "agent", false, true)).toEqual(["0 Keep h1", "0 Undo h1", "0 Stage h1", "0 Show h1"]);
  expect(rows(uri, placed, "agent", true, false)).toEqual(["0 Undo h1", "0 Stage h1", "0 Show h1"]);
  expect(rows(uri, placed, "all", false, true)).toEqual([
    ...["0 Keep h1", "0 Undo h1", "0 Stage h1", "0 Show h1"],
    ...["4 Undo h2", "4 Stage h2", "4 Show h2"],
    ...["7 Unstage s", "7 Show s"],
  ]);
  expect(rows(uri, placed, "off", false, true)).toEqual([]);
});

test("selected lines are named by the numbers of their hunk", () => {
  const pair = hunk("h", 10, 10, [" before", "-a", "-b", "-c", "+A", "+B", "+C", " after"]);
  const document = ["before", "A", "B", "C", "after"];
  const placed = place(document, fileHunks({ unstaged: [pair] }));
  const chosen = (first: number, last: number) => targetsOf(placed, [{ first, last }], "new");
  // As many lines came as went: each stands for the one it replaced.
  expect(chosen(2, 2)).toEqual([{ hunkId: "h", lines: { old: [12], new: [12] } }]);
  expect(chosen(0, 9)).toEqual([{ hunkId: "h" }]);
  expect(chosen(4, 4)).toEqual([]);
  expect(targetsOf(placed, [{ first: 10, last: 11 }], "old")).toEqual([
    { hunkId: "h", lines: { old: [11, 12], new: [11, 12] } },
  ]);
});

test("selected lines of a run that replaced more or fewer take all that went", () => {
  const grown = hunk("h", 3, 3, ["-a", "+A", "+B", "+C"]);
  const placed = place(["x", "y", "A", "B", "C"], fileHunks({ unstaged: [grown] }));
  expect(targetsOf(placed, [{ first: 3, last: 3 }], "new")).toEqual([{ hunkId: "h", lines: { old: [3], new: [4] } }]);
  expect(targetsOf(placed, [{ first: 2, last: 2 }], "old")).toEqual([{ hunkId: "h", lines: { old: [3], new: [] } }]);
});

test("what was removed is chosen by either of the lines around it", () => {
  const placed = place(NOW, fileHunks({ unstaged: [GONE] }));
  const chosen = (line: number) => targetsOf(placed, [{ first: line, last: line }], "new").length;
  expect([2, 3, 4, 5].map(chosen)).toEqual([0, 1, 1, 0]);
});

test("the older text follows from the newer one and its hunks", () => {
  const text = NOW.map((line) => `${line}\n`).join("");
  expect(before(text, HUNKS.unstaged)).toBe(OLD.map((line) => `${line}\n`).join(""));
  expect(before(text.replace("two", "TWO"), HUNKS.unstaged)).toBeNull();
});

test("line ends and a missing newline at the end are kept", () => {
  const windows = hunk("h", 1, 1, ["-one", "+ONE"]);
  for (const line of windows.lines) line.eol = "\r\n";
  expect(before("ONE\r\nlast", [windows])).toBe("one\r\nlast");
  const ended = hunk("h", 1, 1, ["-one", "+ONE"]);
  for (const line of ended.lines) line.eol = line.kind === "added" ? "\n" : "";
  expect(before("ONE\n", [ended])).toBe("one");
});

test("the last commit's text follows from the staged one", () => {
  const staged = hunk("s", 2, 2, ["-zwei", "+two"]);
  expect(
    olderTexts("ONE\ntwo\n", fileHunks({ unstaged: [hunk("h", 1, 1, ["-one", "+ONE"])], staged: [staged] })),
  ).toEqual({
    index: "one\ntwo\n",
    head: "one\nzwei\n",
  });
});

test("where the rest of a file is not known, both sides show the hunks alone", () => {
  expect(excerpts([FIRST, GONE])).toEqual({ old: "one\ntwo\n⋯\nfour\nfive\nsix\n", new: "ONE\ntwo\n⋯\nfour\nsix\n" });
});
