// Hunks written as a diff, for tests.

import type { FileHunks, Hunk, Origin } from "../src/protocol.generated";

export const CODEX: Origin = { threadId: "t1", turnId: "u1", itemId: "i1" };

/** A hunk from lines that begin with " ", "+" or "-", at a place of the old and of the new text. */
export function hunk(
  hunkId: string,
  oldStart: number,
  newStart: number,
  lines: string[],
  fields: Partial<Hunk> = {},
): Hunk {
  const kind = { " ": "context", "+": "added", "-": "removed" } as const;
  const parsed = lines.map((line) => ({
    kind: kind[line.charAt(0) as " " | "+" | "-"],
    text: line.slice(1),
    eol: "\n" as const,
  }));
  const count = (left: string) => parsed.filter((line) => line.kind !== left).length;
  const [oldLines, newLines] = [count("added"), count("removed")];
  return { hunkId, oldStart, oldLines, newStart, newLines, lines: parsed, origin: null, ...fields };
}

export function fileHunks(fields: Partial<FileHunks> = {}): FileHunks {
  return { uri: "file:///repo/poem.txt", revision: 1, status: "modified", unstaged: [], staged: [], ...fields };
}
