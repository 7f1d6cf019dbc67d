// Where in a file a proposed change shows, and what it says there. Lines of a hunk are git's, 1-based; lines of a
// lens and a comment are the editor's, 0-based.

import { t } from "./l10n";
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

/** What Codex wants there, where it stands at its place. */
export function spanWords({ first, last, added }: Span): string {
  if (last < first) return t("Codex wants to insert {0} here", linesWord(added));
  if (added === 0) {
    if (first === last) return t("Codex wants to remove line {0}", first);
    return t("Codex wants to remove lines {0}–{1}", first, last);
  }
  if (first === last) return t("Codex wants to change line {0}", first);
  return t("Codex wants to change lines {0}–{1}", first, last);
}

/** The same in a list, away from its place. */
function spanTitle({ first, last, added }: Span): string {
  if (last < first) return t("Insert {0} before line {1}", linesWord(added), first);
  if (added === 0) {
    if (first === last) return t("Remove line {0}", first);
    return t("Remove lines {0}–{1}", first, last);
  }
  if (first === last) return t("Change line {0}", first);
  return t("Change lines {0}–{1}", first, last);
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
  if (file.kind === "delete") return t("Codex wants to delete this file");
  if (file.kind === "add") return t("Codex wants to create this file");
  return t("Codex wants to move this file to {0}", baseName(file.movedTo ?? ""));
}

function choices(approval: Approval, line: number, dirty: boolean): Lens[] {
  const choice = (action: Action, title: string, command = `outrigger.approval.${action}`): Lens[] =>
    optionFor(approval, action) ? [{ line, title, command, args: [approval.approvalId] }] : [];
  if (dirty) {
    return [
      ...choice("accept", `$(save) ${t("Save and accept")}`, "outrigger.approval.saveAndAccept").map((lens) => ({
        ...lens,
        tooltip: t("This file has unsaved edits: they are saved first, then Codex writes its change."),
      })),
      ...choice("decline", `$(close) ${t("Decline")}`),
    ];
  }
  return [
    ...choice("accept", `$(check) ${t("Accept")}`),
    ...choice("acceptForSession", `$(check-all) ${t("Accept for session")}`),
    ...choice("decline", `$(close) ${t("Decline")}`),
  ];
}

/** Accept some hunks only; once in a file, since it is about all of them. */
function chooseLens(approval: Approval, line: number): Lens {
  const tooltip = t("Accept some of these changes only");
  const [title, command] = [`$(checklist) ${t("Choose…")}`, "outrigger.approval.chooseHunks"];
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
    const what = span ? spanWords(span) : fileTitle(file);
    const title = dirty ? t("{0}; unsaved edits", what) : what;
    return [
      { line, title, command: null, args: [] },
      ...choices(approval, line, dirty),
      ...(choosable && index === 0 ? [chooseLens(approval, line)] : []),
      { line, title: `$(diff) ${t("Show diff")}`, command: "outrigger.approval.showDiff", args: [approval.approvalId] },
    ];
  });
}

/** The lenses of a waiting command, for the top of the active file. */
export function commandLenses(approval: Approval): Lens[] {
  const network = networkOf(approval);
  const command = oneLine(typedCommand(approval.command ?? ""), LENS_COMMAND_LIMIT);
  const args = [approval.approvalId];
  const title = network || !approval.command ? headline(approval) : t("Codex wants to run: {0}", command.text);
  const lens: Lens = { line: 0, title, command: "outrigger.approval.reveal", args };
  if (!command.whole)
    return [lens, { line: 0, title: t("Show whole command"), command: "outrigger.approval.reveal", args }];
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
  const lines = Math.max(
    sum((s) => s.added),
    sum((s) => s.removed),
  );
  return t("Codex wants to change {0}", linesWord(lines));
}

/** The first line of a comment, which stands for it in VS Code's list of comments. */
function commentTitle(file: ProposedFile): string {
  const spans = file.hunks.map(spanOf);
  const [first] = spans;
  if (file.kind !== "update" || !first) return `${baseName(file.uri)}: ${file.kind}`;
  return spans.length > 1 ? t("{0}, and {1} more", spanTitle(first), spans.length - 1) : spanTitle(first);
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
      ? [link(`$(save) ${t("Save and accept")}`, "outrigger.approval.saveAndAccept", id)]
      : [link(`$(check) ${t("Accept")}`, "outrigger.approval.accept", id)]),
    ...(!dirty && optionFor(approval, "acceptForSession")
      ? [link(`$(check-all) ${t("Accept for session")}`, "outrigger.approval.acceptForSession", id)]
      : []),
    link(`$(close) ${t("Decline")}`, "outrigger.approval.decline", id),
    ...(choosable ? [link(`$(checklist) ${t("Choose…")}`, "outrigger.approval.chooseHunks", id)] : []),
    link(`$(diff) ${t("Show diff")}`, "outrigger.approval.showDiff", id),
  ];
  return [
    `**${plain(commentTitle(file))}**`,
    approval.reason ? plain(approval.reason) : "",
    file.conflict ? `$(warning) ${plain(file.conflict)}` : "",
    dirty ? `$(warning) ${t("This file has unsaved edits.")}` : "",
    fenced(shown.join("\n")),
    lines.length > shown.length ? t("… {0} more: see the diff.", linesWord(lines.length - shown.length)) : "",
    others > 0 ? t("Part of one change to {0} files: a decision is for all of them.", others + 1) : "",
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
