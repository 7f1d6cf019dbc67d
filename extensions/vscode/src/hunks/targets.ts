// Which hunk a lens, a menu, a list or the cursor means.

import * as vscode from "vscode";
import { beforeOf } from "./diffs";
import { documentOf, type HunkDocuments, linesOf } from "./documents";
import type { HunkFiles } from "./hunkFiles";
import { asTold, hunkAt, type HunkState, place, type Placed } from "./placement";
import type { Lines } from "./selection";
import type { ReviewNode } from "./tree";

export type Named = { uri: string; hunkId: string };

/** Where a person points: lines of one side of a file's change. */
export type Pointed = { uri: string; lines: Lines[]; side: "new" | "old"; staged: boolean | null };

/** What an argument names by itself: a lens and a link give URI and id, the review list its node. */
export function named(args: unknown[]): { uri: string; hunk: string | null } | undefined {
  const [first, second] = args;
  if (typeof first === "string") return { uri: first, hunk: typeof second === "string" ? second : null };
  if (isNode(first)) return { uri: first.uri, hunk: first.hunk?.hunkId ?? null };
  return undefined;
}

function isNode(value: unknown): value is ReviewNode {
  return typeof value === "object" && value !== null && "hunk" in value && "uri" in value;
}

type Change = { modifiedStartLineNumber: number; modifiedEndLineNumber: number };

/** Where the arguments of a menu point, or else the cursor and the selections of the active editor. */
export function pointed(args: unknown[]): Pointed | undefined {
  const [first, second, third] = args;
  // The peek of a change: its file, all of its changes, and which of them is meant.
  if (first instanceof vscode.Uri && Array.isArray(second) && typeof third === "number") {
    const change = second[third] as Change | undefined;
    if (!change) return undefined;
    const { modifiedStartLineNumber: start, modifiedEndLineNumber: end } = change;
    const lines = end === 0 ? { first: start, last: start } : { first: start - 1, last: end - 1 };
    return { uri: first.toString(), lines: [lines], side: "new", staged: false };
  }
  // The gutter.
  if (typeof first === "object" && first !== null && "lineNumber" in first && "uri" in first) {
    const { lineNumber, uri } = first as { lineNumber: number; uri: vscode.Uri };
    return { uri: uri.toString(), lines: [{ first: lineNumber - 1, last: lineNumber - 1 }], side: "new", staged: null };
  }
  const editor = vscode.window.activeTextEditor;
  if (!editor) return undefined;
  const lines = editor.selections.map(({ start, end, isEmpty }) => {
    // A selection that ends where a line begins does not mean that line.
    const last = !isEmpty && end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
    return { first: start.line, last };
  });
  const { uri } = editor.document;
  const what = beforeOf(uri);
  if (!what) return uri.scheme === "file" ? { uri: uri.toString(), lines, side: "new", staged: null } : undefined;
  if (what.of === "turn") return undefined;
  // The index is what unstaged changes start from, and what staged ones came to.
  const stagedDiff = inStagedDiff();
  if (what.of === "head") return { uri: what.uri, lines, side: "old", staged: true };
  return { uri: what.uri, lines, side: stagedDiff ? "new" : "old", staged: stagedDiff };
}

function inStagedDiff(): boolean {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputTextDiff && beforeOf(input.original)?.of === "head";
}

export class Targets {
  constructor(
    private readonly files: HunkFiles,
    private readonly documents: HunkDocuments,
  ) {}

  /** The hunks at which a person points, as they stand in the text at which they point. */
  async placed({ uri, side, staged }: Pointed): Promise<Placed[]> {
    const document = documentOf(uri);
    const known = document && side === "new" && staged !== true ? this.documents.placed(document) : [];
    if (known.length > 0) return known.filter((found) => staged === null || (found.state === "staged") === staged);
    const hunks = await this.files.ask(uri);
    if (!hunks) return [];
    if (side === "old" || staged === true) return asTold(staged ? hunks.staged : hunks.unstaged, staged ?? false);
    const text = document?.getText() ?? "";
    return place(linesOf(text), hunks).filter((found) => staged === null || (found.state === "staged") === staged);
  }

  async at(where: Pointed, states: HunkState[]): Promise<Placed | undefined> {
    const [selection] = where.lines;
    if (!selection) return undefined;
    const placed = (await this.placed(where)).filter(({ state }) => states.includes(state));
    if (where.side === "new") {
      for (let line = selection.first; line <= selection.last; line += 1) {
        const found = hunkAt(placed, line, states);
        if (found) return found;
      }
      return undefined;
    }
    return placed.find(({ runs }) =>
      runs.some(
        ({ oldStart, removed }) =>
          selection.first + 1 < oldStart + Math.max(removed, 1) && selection.last + 1 >= oldStart,
      ),
    );
  }
}
