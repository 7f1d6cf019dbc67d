// Where hunks stand in a document that may hold unsaved edits: they are found by their lines, and one that is not
// there is not shown. Lines of a hunk are git's, 1-based; lines of a document are the editor's, 0-based.

import type { FileHunks, Hunk } from "../protocol.generated";

/** `agent`: Codex wrote it and nobody has reviewed it yet; `own`: everything else that is not staged. */
export type HunkState = "agent" | "own" | "staged";

/** Lines in a row that a hunk changes: `start` to `end`, exclusive, in the document, in place of `removed` lines. */
export type Run = { start: number; end: number; oldStart: number; newStart: number; removed: number };

export type Placed = {
  hunk: Hunk;
  state: HunkState;
  /** Where it is in the document, with its context. */
  start: number;
  end: number;
  runs: Run[];
};

/** A hunk is looked for this many lines away from where it is said to be. */
const REACH = 2_000;
const BYTE_ORDER_MARK = /^\uFEFF/;

export function stateOf(hunk: Hunk, staged: boolean): HunkState {
  if (staged) return "staged";
  return hunk.origin !== null && !hunk.kept ? "agent" : "own";
}

/** Hunks of Codex that are neither kept nor undone. */
export function toReview(hunks: Hunk[]): Hunk[] {
  return hunks.filter((hunk) => stateOf(hunk, false) === "agent");
}

function newSide(hunk: Hunk): string[] {
  const lines = hunk.lines.filter(({ kind }) => kind !== "removed").map(({ text }) => text);
  const [first] = lines;
  // The editor takes the byte order mark out of a text.
  if (first !== undefined && hunk.newStart <= 1) lines[0] = first.replace(BYTE_ORDER_MARK, "");
  return lines;
}

/** The line nearest to `hint` at which `lines` stand in the document. */
function find(document: string[], lines: string[], hint: number): number | null {
  const stands = (at: number) => at >= 0 && lines.every((line, index) => document[at + index] === line);
  for (let away = 0; away <= REACH; away += 1) {
    if (stands(hint + away)) return hint + away;
    if (away > 0 && stands(hint - away)) return hint - away;
  }
  return null;
}

function runsOf(hunk: Hunk, start: number): Run[] {
  const runs: Run[] = [];
  let at = start;
  let oldLine = hunk.oldLines === 0 ? hunk.oldStart + 1 : hunk.oldStart;
  let newLine = hunk.newLines === 0 ? hunk.newStart + 1 : hunk.newStart;
  let run: Run | null = null;
  for (const { kind } of hunk.lines) {
    if (kind === "context") {
      run = null;
      at += 1;
      oldLine += 1;
      newLine += 1;
      continue;
    }
    if (!run) {
      run = { start: at, end: at, oldStart: oldLine, newStart: newLine, removed: 0 };
      runs.push(run);
    }
    if (kind === "removed") {
      run.removed += 1;
      oldLine += 1;
    } else {
      at += 1;
      newLine += 1;
      run.end = at;
    }
  }
  return runs;
}

/** The 0-based line at which a hunk begins in the newer text. */
function toldStart(hunk: Hunk): number {
  return hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
}

function placed(hunk: Hunk, staged: boolean, start: number): Placed {
  const runs = runsOf(hunk, start);
  return { hunk, state: stateOf(hunk, staged), start, end: start + hunk.newLines, runs };
}

/** Hunks as they stand in the very text that they were told for. */
export function asTold(hunks: Hunk[], staged: boolean): Placed[] {
  return hunks.filter(({ lines }) => lines.length > 0).map((hunk) => placed(hunk, staged, toldStart(hunk)));
}

function placeAll(document: string[], hunks: Hunk[], staged: boolean): Placed[] {
  const all: Placed[] = [];
  let drift = 0;
  for (const hunk of hunks) {
    if (hunk.lines.length === 0) continue; // A change of the mode alone stands at no line.
    const lines = newSide(hunk);
    const said = toldStart(hunk);
    const empty = lines.length === 0;
    // Without a line that is left, only its place says where something was removed.
    const start = empty ? Math.min(said + drift, document.length) : find(document, lines, said + drift);
    if (start === null) continue;
    if (!empty) drift = start - said;
    all.push(placed(hunk, staged, start));
  }
  return all;
}

/** The hunks of a file as they stand in its document, in the order of their lines. */
export function place(document: string[], hunks: FileHunks): Placed[] {
  const all = [...placeAll(document, hunks.unstaged, false), ...placeAll(document, hunks.staged, true)];
  return all.sort((a, b) => firstLine(a) - firstLine(b));
}

/** The first line that a hunk changes; for a removal the line after it. */
export function firstLine({ runs, start }: Placed): number {
  return runs[0]?.start ?? start;
}

/** The last line that a hunk changes. */
export function lastLine({ runs, start }: Placed): number {
  const last = runs.at(-1);
  return last ? Math.max(last.end - 1, last.start) : start;
}

/** The hunk that changes a line; one that is not staged counts first. */
export function hunkAt(all: Placed[], line: number, states: HunkState[]): Placed | undefined {
  const here = all.filter(
    (found) =>
      states.includes(found.state) &&
      found.runs.some((run) => line >= run.start && line < Math.max(run.end, run.start + 1)),
  );
  return here.find(({ state }) => state !== "staged") ?? here[0];
}

/** The next hunk to review after a line, or the last before it; round the end of the file. */
export function neighbour(all: Placed[], line: number, step: 1 | -1): Placed | undefined {
  const agent = all.filter(({ state }) => state === "agent");
  if (step === 1) return agent.find((found) => firstLine(found) > line) ?? agent[0];
  return agent.findLast((found) => lastLine(found) < line && firstLine(found) < line) ?? agent.at(-1);
}
