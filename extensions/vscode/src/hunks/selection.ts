// Which lines of which hunks a selection means.

import type { HunkTarget } from "../protocol.generated";
import type { Placed, Run } from "./placement";

/** Lines of a document, 0-based; `last` is inclusive. */
export type Lines = { first: number; last: number };

type Chosen = { old: number[]; new: number[] };

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

/**
 * The lines of a run within a selection of the new side. Where as many lines came as went, each stands for the one
 * it replaced; else all that went belong to any that came.
 */
function chosenOf(run: Run, { first, last }: Lines): Chosen {
  const count = run.end - run.start;
  if (count === 0) {
    // What was removed lies between two lines: a selection of either means it.
    const touched = first <= run.start && last >= run.start - 1;
    return { old: touched ? range(run.oldStart, run.removed) : [], new: [] };
  }
  const from = Math.max(first, run.start);
  const to = Math.min(last, run.end - 1);
  if (from > to) return { old: [], new: [] };
  const chosen = range(run.newStart + from - run.start, to - from + 1);
  if (run.removed !== count) return { old: range(run.oldStart, run.removed), new: chosen };
  return { old: range(run.oldStart + from - run.start, to - from + 1), new: chosen };
}

/** The lines of a run within a selection of the old side, whose lines are numbered as the hunk has them. */
function chosenOld(run: Run, { first, last }: Lines): Chosen {
  const from = Math.max(first + 1, run.oldStart);
  const to = Math.min(last + 1, run.oldStart + run.removed - 1);
  if (from > to) return { old: [], new: [] };
  const old = range(from, to - from + 1);
  const count = run.end - run.start;
  return { old, new: count === run.removed ? range(run.newStart + from - run.oldStart, old.length) : [] };
}

/** What a selection means, hunk by hunk; a hunk of which all is chosen is named without its lines. */
export function targetsOf(placed: Placed[], selections: Lines[], side: "new" | "old"): HunkTarget[] {
  return placed.flatMap(({ hunk, runs }) => {
    const old = new Set<number>();
    const added = new Set<number>();
    for (const run of runs) {
      for (const selection of selections) {
        const chosen = side === "new" ? chosenOf(run, selection) : chosenOld(run, selection);
        for (const line of chosen.old) old.add(line);
        for (const line of chosen.new) added.add(line);
      }
    }
    if (old.size + added.size === 0) return [];
    const changed = hunk.lines.filter(({ kind }) => kind !== "context").length;
    if (old.size + added.size === changed) return [{ hunkId: hunk.hunkId }];
    const sorted = (numbers: Set<number>) => [...numbers].sort((a, b) => a - b);
    return [{ hunkId: hunk.hunkId, lines: { old: sorted(old), new: sorted(added) } }];
  });
}
