// What a person can do with hunks.

import * as vscode from "vscode";
import { t } from "../l10n";
import type { Door, Refusal } from "../door";
import { baseName } from "../wording";
import { say } from "../surfaces/notifications";
import { type Act, type Acted, type HunkActs, lastAct } from "./acts";
import type { HunkDiffs } from "./diffs";
import { documentOf, type HunkDocuments } from "./documents";
import type { HunkFiles } from "./hunkFiles";
import { firstLine, type HunkState, lastLine, neighbour, place, toReview } from "./placement";
import type { Review } from "./review";
import { targetsOf } from "./selection";
import { named, pointed, type Targets } from "./targets";
import { changedLines, filesWord, hunksWord, namesOf } from "./wording";

export type HunkParts = {
  door: Door;
  files: HunkFiles;
  documents: HunkDocuments;
  review: Review;
  acts: HunkActs;
  diffs: HunkDiffs;
  targets: Targets;
};

const TAKE_BACK = t("Take It Back");

const UNSTAGED: HunkState[] = ["agent", "own"];
const FOR: Record<Act, HunkState[]> = { keep: ["agent"], stage: UNSTAGED, revert: UNSTAGED, unstage: ["staged"] };
const FAILED: Record<Act, string> = {
  keep: t("Could not keep it"),
  stage: t("Could not stage it"),
  revert: t("Could not undo it"),
  unstage: t("Could not unstage it"),
};
const NONE_HERE: Record<Act, string> = {
  keep: t("There is no change to keep at this line."),
  stage: t("There is no change to stage at this line."),
  revert: t("There is no change to undo at this line."),
  unstage: t("There is no change to unstage at this line."),
};
const NONE_IN_LINES = {
  stage: t("There is no change to stage in these lines."),
  revert: t("There is no change to undo in these lines."),
  unstage: t("There is no change to unstage in these lines."),
};

export function hunkCommands(parts: HunkParts): Record<string, (...args: unknown[]) => unknown> {
  const acts: Act[] = ["keep", "stage", "revert", "unstage"];
  return {
    ...Object.fromEntries(
      acts.map((act) => [`outrigger.hunk.${act}`, (...args: unknown[]) => actOn(parts, act, args)]),
    ),
    "outrigger.hunk.show": (...args) => show(parts, args),
    "outrigger.hunk.next": () => go(parts, 1),
    "outrigger.hunk.previous": () => go(parts, -1),
    "outrigger.lines.stage": (...args) => actOnLines(parts, "stage", args),
    "outrigger.lines.revert": (...args) => actOnLines(parts, "revert", args),
    "outrigger.lines.unstage": (...args) => actOnLines(parts, "unstage", args),
    "outrigger.file.keepAll": (...args) => allOfFile(parts, "keep", args),
    "outrigger.file.undoAll": (...args) => allOfFile(parts, "revert", args),
    "outrigger.file.stageAll": (...args) => allOfFile(parts, "stage", args),
    "outrigger.file.stage": (...args) => wholeFile(parts, "stage", args),
    "outrigger.file.unstage": (...args) => wholeFile(parts, "unstage", args),
    "outrigger.file.revert": (...args) => wholeFile(parts, "revert", args),
    "outrigger.file.showChanges": (...args) => showFile(parts, false, args),
    "outrigger.file.showStaged": (...args) => showFile(parts, true, args),
    "outrigger.review.keepAll": () => allOfReview(parts, "keep"),
    "outrigger.review.undoAll": () => allOfReview(parts, "revert"),
    "outrigger.review.stageAll": () => allOfReview(parts, "stage"),
    "outrigger.review.open": (uri, line) => open(parts, uri as string, line as number),
    "outrigger.journal.undoLast": () => undoLast(parts),
  };
}

/** Says why nothing was done. */
export function explain(failed: string, { kind, message, hint }: Refusal): void {
  if (kind === "hunkStale") say(t("Not done: {0}", message));
  else void vscode.window.showErrorMessage(`${failed}: ${hint ? `${message} ${hint}` : message}`);
}

function settled(act: Act, acted: Acted): boolean {
  if (!acted.done) explain(FAILED[act], acted.refusal);
  return acted.done;
}

/** Several files at once go back all or none, which their documents can't promise: those are saved first. */
export async function saved(uris: string[], what: string): Promise<boolean> {
  const dirty = uris.map(documentOf).filter((document) => document?.isDirty === true);
  if (dirty.length === 0) return true;
  const names = dirty.map((document) => baseName(document?.fileName ?? ""));
  const text = t("Unsaved edits in {0} stay, and are saved first.", names.join(", "));
  const save = t("Save, Then {0}", what);
  if ((await vscode.window.showWarningMessage(text, save)) !== save) return false;
  for (const document of dirty) {
    if (await document?.save()) continue;
    void vscode.window.showErrorMessage(t("{0} could not be saved, so nothing was undone.", document?.fileName ?? ""));
    return false;
  }
  return true;
}

async function actOn(parts: HunkParts, act: Act, args: unknown[]): Promise<void> {
  const name = named(args);
  if (name?.hunk === null) return allOfFile(parts, act, args);
  const found = name?.hunk === undefined ? await atCursor(parts, act, args) : { uri: name.uri, hunkId: name.hunk };
  if (!found) {
    say(NONE_HERE[act]);
    return;
  }
  settled(act, await parts.acts.hunks(act, found.uri, [{ hunkId: found.hunkId }]));
}

async function atCursor(parts: HunkParts, act: Act, args: unknown[]): Promise<{ uri: string; hunkId: string } | null> {
  const where = pointed(args);
  const found = where && (await parts.targets.at(where, FOR[act]));
  return where && found ? { uri: where.uri, hunkId: found.hunk.hunkId } : null;
}

async function actOnLines(parts: HunkParts, act: "stage" | "revert" | "unstage", args: unknown[]): Promise<void> {
  const where = pointed(args);
  if (!where) {
    say(t("There are no lines to choose here."));
    return;
  }
  const placed = (await parts.targets.placed(where)).filter(({ state }) => FOR[act].includes(state));
  const targets = targetsOf(placed, where.lines, where.side);
  if (targets.length === 0) {
    say(NONE_IN_LINES[act]);
    return;
  }
  settled(act, await parts.acts.hunks(act, where.uri, targets, parts.files.of(where.uri)?.revision));
}

function uriOf(args: unknown[]): string | undefined {
  const [first] = args;
  return (
    named(args)?.uri ?? (first instanceof vscode.Uri && first.scheme === "file" ? first.toString() : pointed([])?.uri)
  );
}

/** All of Codex's hunks of a file that nobody has reviewed; to unstage, all that are staged. */
async function allOfFile(parts: HunkParts, act: Act, args: unknown[]): Promise<void> {
  const uri = uriOf(args);
  if (uri === undefined) return;
  const hunks = await parts.files.ask(uri);
  const chosen = act === "unstage" ? (hunks?.staged ?? []) : toReview(hunks?.unstaged ?? []);
  if (chosen.length === 0) {
    say(
      act === "unstage"
        ? t("Nothing is staged in {0}.", baseName(uri))
        : t("There is nothing of Codex's to review in {0}.", baseName(uri)),
    );
    return;
  }
  const acted = await parts.acts.hunks(
    act,
    uri,
    chosen.map(({ hunkId }) => ({ hunkId })),
  );
  if (settled(act, acted) && act === "revert")
    await offerBack(parts, t("{0} undone in {1}.", hunksWord(chosen.length), baseName(uri)), [acted]);
}

async function wholeFile(parts: HunkParts, act: "stage" | "unstage" | "revert", args: unknown[]): Promise<void> {
  const uri = uriOf(args);
  if (uri === undefined) return;
  const acted = await parts.acts.file(act, uri);
  if (settled(act, acted) && act === "revert")
    await offerBack(parts, t("All unstaged changes of {0} are undone.", baseName(uri)), [acted]);
}

async function allOfReview(parts: HunkParts, act: "keep" | "revert" | "stage"): Promise<void> {
  const { files } = parts.review;
  const done: Acted[] = [];
  for (const { uri, hunks } of files) {
    const targets = hunks.map(({ hunkId }) => ({ hunkId }));
    const acted = await parts.acts.hunks(act, uri, targets);
    if (!settled(act, acted)) break;
    done.push(acted);
  }
  if (done.length > 0 && act !== "stage") {
    const where = filesWord(done.length);
    const text =
      act === "keep" ? t("Kept: what Codex wrote in {0}.", where) : t("Undone: what Codex wrote in {0}.", where);
    await offerBack(parts, text, done);
  }
}

/** Says what was done, and takes it back if the person wants it: the last act first. */
export async function offerBack(parts: HunkParts, text: string, done: Acted[]): Promise<void> {
  if ((await vscode.window.showInformationMessage(text, TAKE_BACK)) !== TAKE_BACK) return;
  for (const acted of done.toReversed()) {
    if (!acted.done || acted.journalId === null) continue;
    const back = await parts.acts.undo(acted.journalId);
    if (!back.done) {
      explain(t("Could not take it back"), back.refusal);
      return;
    }
  }
}

async function show(parts: HunkParts, args: unknown[]): Promise<void> {
  const name = named(args);
  const where = name ? undefined : pointed(args);
  const uri = name?.uri ?? where?.uri;
  if (uri === undefined) return;
  const hunkId = name?.hunk ?? (where && (await parts.targets.at(where, [...UNSTAGED, "staged"]))?.hunk.hunkId);
  const hunks = await parts.files.ask(uri);
  if (!hunks) {
    say(t("There is nothing to compare this file with."));
    return;
  }
  const staged = hunks.staged.some((hunk) => hunk.hunkId === hunkId);
  const hunk = [...hunks.unstaged, ...hunks.staged].find((found) => found.hunkId === hunkId);
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri)).then(undefined, () => undefined);
  const lines = document ? document.getText().split(/\r\n|\n|\r/) : [];
  const placed = hunk && place(lines, hunks).find((found) => found.hunk.hunkId === hunkId);
  const at = placed && !staged ? firstLine(placed) : hunk ? Math.max(changedLines(hunk).first - 1, 0) : 0;
  await parts.diffs.show(uri, staged, new vscode.Range(at, 0, at, 0));
}

async function showFile(parts: HunkParts, staged: boolean, args: unknown[]): Promise<void> {
  const uri = uriOf(args);
  if (uri !== undefined) await parts.diffs.show(uri, staged);
}

async function open({ documents, files }: HunkParts, uri: string, line: number): Promise<void> {
  const at = new vscode.Position(line, 0);
  try {
    await vscode.window.showTextDocument(vscode.Uri.parse(uri), { selection: new vscode.Range(at, at), preview: true });
  } catch {
    // A deleted file has no document: its diff shows what it was.
    await vscode.commands.executeCommand("outrigger.file.showChanges", uri);
  }
  documents.onChange.fire();
  files.refresh(uri);
}

/** The next hunk to review, in the next file when this one has no more. */
async function go(parts: HunkParts, step: 1 | -1): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const line = editor?.selection.active.line ?? -1;
  const here = editor ? parts.documents.placed(editor.document).filter(({ state }) => state === "agent") : [];
  const beyond =
    step === 1 ? here.every((found) => firstLine(found) <= line) : here.every((found) => lastLine(found) >= line);
  const { files } = parts.review;
  const current = editor
    ? files.findIndex(({ uri }) => parts.review.of(editor.document.uri.toString())?.uri === uri)
    : -1;
  if (editor && here.length > 0 && (!beyond || files.length < 2)) {
    const next = neighbour(here, line, step);
    if (next) reveal(editor, firstLine(next));
    return;
  }
  const other = files.at((Math.max(current, step === 1 ? -1 : 0) + step) % Math.max(files.length, 1));
  if (!other) {
    say(t("There is nothing of Codex's to review."));
    return;
  }
  const hunk = step === 1 ? other.hunks[0] : other.hunks.at(-1);
  await open(parts, other.uri, hunk ? Math.max(changedLines(hunk).first - 1, 0) : 0);
  const opened = vscode.window.activeTextEditor;
  const hunks = opened && (await parts.files.ask(other.uri));
  if (!opened || !hunks) return;
  const placed = place(opened.document.getText().split(/\r\n|\n|\r/), hunks).filter(({ state }) => state === "agent");
  const first = step === 1 ? placed[0] : placed.at(-1);
  if (first) reveal(opened, firstLine(first));
}

function reveal(editor: vscode.TextEditor, line: number): void {
  const at = new vscode.Position(Math.min(line, editor.document.lineCount - 1), 0);
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

async function undoLast(parts: HunkParts): Promise<void> {
  try {
    const entry = lastAct(await parts.acts.journal());
    if (!entry) {
      say(t("There is nothing to take back."));
      return;
    }
    if (entry.uris.length > 1 && !(await saved(entry.uris, t("Take Back")))) return;
    const undone = await parts.acts.undo(entry.journalId);
    if (undone.done) say(t("Taken back: {0}.", namesOf(entry.uris)));
    else explain(t("Could not take it back"), undone.refusal);
  } catch (error) {
    void vscode.window.showErrorMessage(t("Could not read the journal: {0}", String(error)));
  }
}
