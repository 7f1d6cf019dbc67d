// The texts that hunks lie between: the older one of a file, out of the newer one and its hunks.

import type { FileHunks, Hunk, HunkLine } from "../protocol.generated";

/** Stands for the lines between two hunks, where only the hunks are known. */
const BETWEEN = "⋯";

function lineOf({ text, eol }: HunkLine): string {
  return text + eol;
}

/** The text before its hunks; null when they do not fit it. Lines end at `\n` only, as git has them. */
export function before(text: string, hunks: Hunk[]): string | null {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const older: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    const start = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
    if (start < at) return null;
    older.push(...lines.slice(at, start));
    at = start;
    for (const line of hunk.lines) {
      if (line.kind !== "removed") {
        if (lines[at] !== lineOf(line)) return null;
        at += 1;
      }
      if (line.kind !== "added") older.push(lineOf(line));
    }
  }
  return [...older, ...lines.slice(at)].join("");
}

/** Both sides of hunks, where the rest of the file is not known. */
export function excerpts(hunks: Hunk[]): { old: string; new: string } {
  const side = (left: "added" | "removed") =>
    hunks
      .map(({ lines }) =>
        lines
          .filter(({ kind }) => kind !== left)
          .map(({ text }) => `${text}\n`)
          .join(""),
      )
      .join(`${BETWEEN}\n`);
  return { old: side("added"), new: side("removed") };
}

/** The staged and the last committed text of a file; null where they do not follow from the text on disk. */
export function olderTexts(text: string, hunks: FileHunks): { index: string | null; head: string | null } {
  const index = before(text, hunks.unstaged);
  return { index, head: index === null ? null : before(index, hunks.staged) };
}
