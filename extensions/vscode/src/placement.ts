// Where in a file a proposed change shows, and what it says there. Lines of a hunk are git's, 1-based; lines of a
// lens and a comment are the editor's, 0-based.

import type { Approval, Hunk, HunkRange, ProposedFile } from "./protocol.generated";
import {
  type Action,
  baseName,
  headline,
  linesWord,
  networkOf,
  oneLine,
  optionFor,
  optionLabel,
  typedCommand,
} from "./wording";

/** A command on a lens is shown whole up to this many characters; a longer one is decided where all of it shows. */
export const LENS_COMMAND_LIMIT = 100;
/** A comment shows this many lines of a diff; the rest is in the diff editor. */
export const COMMENT_DIFF_LINES = 120;
/** A longer line, in characters, may make VS Code scroll the comment sideways. */
const COMMENT_WIDTH = 60;
/** Stands for the lines of the file that lie between two hunks. */
const BETWEEN_HUNKS = "⋯";

/** The old lines that a hunk touches, 1-based and inclusive. An insertion touches none: it comes before `first`. */
export type Span = { first: number; last: number; added: number; removed: number };

export type Lens = { line: number; title: string; command: string | null; args: unknown[]; tooltip?: string };

function isWholeHunk(hunk: Hunk | HunkRange): hunk is Hunk {
  return "lines" in hunk && hunk.lines.length > 0;
}

/** Where the lines of a hunk differ, without the context around them. */
export function spanOf(hunk: Hunk | HunkRange): Span {
  // In git's way of counting, an insertion into nothing is "after line `oldStart`".
  const start = hunk.oldLines === 0 ? hunk.oldStart + 1 : hunk.oldStart;
  if (!isWholeHunk(hunk)) {
    return { first: start, last: start + hunk.oldLines - 1, added: hunk.newLines, removed: hunk.oldLines };
  }
  let at = start;
  let [first, last] = [Infinity, -Infinity];
  let [added, removed] = [0, 0];
  for (const { kind } of hunk.lines) {
    if (kind === "added") {
      added += 1;
      first = Math.min(first, at);
    } else {
      if (kind === "removed") {
        removed += 1;
        first = Math.min(first, at);
        last = Math.max(last, at);
      }
      at += 1;
    }
  }
  if (first === Infinity) return { first: start, last: start - 1, added, removed };
  return { first, last: Math.max(last, first - 1), added, removed };
}

export function spanWords(span: Span): string {
  if (span.last < span.first) return `insert ${linesWord(span.added)} here`;
  const lines = span.first === span.last ? `line ${span.first}` : `lines ${span.first}–${span.last}`;
  return span.added === 0 ? `remove ${lines}` : `change ${lines}`;
}

/** The 0-based line, inside a document of `lineCount` lines. */
function editorLine(line: number, lineCount: number): number {
  return Math.min(Math.max(line - 1, 0), Math.max(lineCount - 1, 0));
}

/** The range that a comment stands under: the touched lines of the first hunk. */
export function commentRange(file: ProposedFile, lineCount: number): { start: number; end: number } {
  const [hunk] = file.hunks;
  if (file.kind !== "update" || !hunk) return { start: 0, end: 0 };
  const span = spanOf(hunk);
  const end = span.last < span.first ? span.first - 1 : span.last;
  return { start: editorLine(span.last < span.first ? end : span.first, lineCount), end: editorLine(end, lineCount) };
}

function fileTitle(file: ProposedFile): string {
  if (file.kind === "delete") return "Codex wants to delete this file";
  if (file.kind === "add") return "Codex wants to create this file";
  return `Codex wants to move this file to ${baseName(file.movedTo ?? "")}`;
}

function choices(approval: Approval, line: number, dirty: boolean): Lens[] {
  const choice = (action: Action, title: string, command = `outrigger.approval.${action}`): Lens[] =>
    optionFor(approval, action) ? [{ line, title, command, args: [approval.approvalId] }] : [];
  if (dirty) {
    return [
      ...choice("accept", "$(save) Save and accept", "outrigger.approval.saveAndAccept").map((lens) => ({
        ...lens,
        tooltip: "This file has unsaved edits: they are saved first, then Codex writes its change.",
      })),
      ...choice("decline", "$(close) Decline"),
    ];
  }
  return [
    ...choice("accept", "$(check) Accept"),
    ...choice("acceptForSession", "$(check-all) Accept for session"),
    ...choice("decline", "$(close) Decline"),
  ];
}

/** Accept some hunks only; once in a file, since it is about all of them. */
function chooseLens(approval: Approval, line: number): Lens {
  const tooltip = "Accept some of these changes only";
  const [title, command] = ["$(checklist) Choose…", "outrigger.approval.chooseHunks"];
  return { line, title, command, args: [approval.approvalId], tooltip };
}

/** The lenses of one file that an approval touches: above each hunk what it is, then the choices. */
export function fileLenses(
  approval: Approval,
  file: ProposedFile,
  lineCount: number,
  { dirty, choosable }: { dirty: boolean; choosable: boolean },
): Lens[] {
  const spans = file.kind === "update" && file.hunks.length > 0 ? file.hunks.map(spanOf) : [null];
  return spans.flatMap((span, index) => {
    const line = span ? editorLine(span.first, lineCount) : 0;
    const what = span ? `Codex wants to ${spanWords(span)}` : fileTitle(file);
    const title = dirty ? `${what}; unsaved edits` : what;
    return [
      { line, title, command: null, args: [] },
      ...choices(approval, line, dirty),
      ...(choosable && index === 0 ? [chooseLens(approval, line)] : []),
      { line, title: "$(diff) Show diff", command: "outrigger.approval.showDiff", args: [approval.approvalId] },
    ];
  });
}

/** The lenses of a waiting command, for the top of the active file. */
export function commandLenses(approval: Approval): Lens[] {
  const network = networkOf(approval);
  const command = oneLine(typedCommand(approval.command ?? ""), LENS_COMMAND_LIMIT);
  const args = [approval.approvalId];
  const title = network || !approval.command ? headline(approval) : `Codex wants to run: ${command.text}`;
  const lens: Lens = { line: 0, title, command: "outrigger.approval.reveal", args };
  if (!command.whole)
    return [lens, { line: 0, title: "Show whole command", command: "outrigger.approval.reveal", args }];
  const always = approval.options
    .map((option, index) => ({ option, index }))
    .filter(({ option }) => option.scope === "always")
    .map(({ option, index }) => ({
      line: 0,
      title: optionLabel(option),
      command: "outrigger.approval.choose",
      args: [approval.approvalId, index],
    }));
  // A row of lenses is cut at the end of the line: the longest choice comes last.
  return [lens, ...choices(approval, 0, false), ...always];
}

function link(text: string, command: string, ...args: unknown[]): string {
  return `[${text}](command:${command}?${encodeURIComponent(JSON.stringify(args))})`;
}

function fenced(diff: string): string {
  const ticks = Math.max(2, ...[...diff.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(ticks + 1);
  return `${fence}diff\n${diff}\n${fence}`;
}

export function hunkLines(hunk: Hunk): string[] {
  const sign = { context: " ", added: "+", removed: "-" } as const;
  return hunk.lines.map((line) => sign[line.kind] + line.text);
}

export function commentLabel(file: ProposedFile): string {
  if (file.kind !== "update" || file.hunks.length === 0) return fileTitle(file);
  const spans = file.hunks.map(spanOf);
  const sum = (pick: (span: Span) => number) => spans.reduce((total, span) => total + pick(span), 0);
  return `Codex wants to change ${linesWord(
    Math.max(
      sum((s) => s.added),
      sum((s) => s.removed),
    ),
  )}`;
}

/** The first line of a comment, which stands for it in VS Code's list of comments. */
function commentTitle(file: ProposedFile): string {
  const spans = file.hunks.map(spanOf);
  if (file.kind !== "update" || spans.length === 0) return `${baseName(file.uri)}: ${file.kind}`;
  const more = spans.length > 1 ? `, and ${spans.length - 1} more` : "";
  const [first] = spans;
  const words = first ? spanWords(first).replace(" here", ` before line ${first.first}`) : "";
  return words.charAt(0).toUpperCase() + words.slice(1) + more;
}

/** The Markdown of a file's comment: why, what, and the choices as links. */
export function commentBody(
  approval: Approval,
  file: ProposedFile,
  diff: string,
  { dirty, choosable }: { dirty: boolean; choosable: boolean },
): string {
  const lines =
    file.hunks.length > 0
      ? file.hunks.flatMap((hunk, index) => [...(index > 0 ? [BETWEEN_HUNKS] : []), ...hunkLines(hunk)])
      : diff.split("\n");
  const shown = lines.slice(0, COMMENT_DIFF_LINES);
  const others = (approval.changes ?? []).length - 1;
  const id = approval.approvalId;
  const links = [
    ...(dirty
      ? [link("$(save) Save and accept", "outrigger.approval.saveAndAccept", id)]
      : [link("$(check) Accept", "outrigger.approval.accept", id)]),
    ...(!dirty && optionFor(approval, "acceptForSession")
      ? [link("$(check-all) Accept for session", "outrigger.approval.acceptForSession", id)]
      : []),
    link("$(close) Decline", "outrigger.approval.decline", id),
    ...(choosable ? [link("$(checklist) Choose…", "outrigger.approval.chooseHunks", id)] : []),
    link("$(diff) Show diff", "outrigger.approval.showDiff", id),
  ];
  return [
    `**${plain(commentTitle(file))}**`,
    approval.reason ? plain(approval.reason) : "",
    file.conflict ? `$(warning) ${plain(file.conflict)}` : "",
    dirty ? "$(warning) This file has unsaved edits." : "",
    fenced(shown.join("\n")),
    lines.length > shown.length ? `… ${linesWord(lines.length - shown.length)} more: see the diff.` : "",
    others > 0 ? `Part of one change to ${others + 1} files: a decision is for all of them.` : "",
    links.join(" &nbsp;·&nbsp; "),
    // The scroll bar of a comment lies over its last line, which must not be the choices.
    shown.some((line) => line.length > COMMENT_WIDTH) ? "&nbsp;" : "",
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** Text of Codex in our Markdown: nothing in it may become a link, an icon or markup. */
export function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, "\\$&").replace(/\s*\n\s*/g, " ");
}
