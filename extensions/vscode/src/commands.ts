// Everything a person can invoke. Each factory takes the parts it needs and returns the command.

import * as vscode from "vscode";
import { t } from "./l10n";
import type { Approvals } from "./approvals";
import { type Diagnostics, diagnosticsText, type Versions } from "./diagnostics";
import { refusalOf, textInput } from "./door";
import { pickHunks } from "./hunks/pickHunks";
import { hunksWord } from "./hunks/wording";
import { installCodex } from "./install";
import type { Link } from "./link";
import type { Approval, HunkRef } from "./protocol.generated";
import { answersOf, questionsOf } from "./questions";
import { ruleOf } from "./rules";
import type { CommentThreads } from "./surfaces/commentThreads";
import { say } from "./surfaces/notifications";
import { type ProposedDiff, queryOf } from "./surfaces/proposedDiff";
import type { Proposals } from "./surfaces/proposals";
import { confirmRule, openRules } from "./surfaces/ruleQuestion";
import type { Unsaved } from "./surfaces/unsaved";
import type { Place } from "./trust";
import type { Choices } from "./view/choices";
import type { Conversation } from "./view/conversation";
import { markdownOf } from "./view/markdownExport";
import type { ViewProvider } from "./view/provider";
import type { Queue } from "./view/queue";
import { mentionOf, selectionMention, type Suggestions } from "./view/suggestions";
import type { Threads } from "./view/threads";
import { type Action, baseName, headline, optionFor } from "./wording";

export type Parts = {
  link: Link;
  approvals: Approvals;
  conversation: Conversation;
  comments: CommentThreads;
  diff: ProposedDiff;
  proposals: Proposals;
  diagnostics: Diagnostics;
  queue: Queue;
  threads: Threads;
  choices: Choices;
  suggestions: Suggestions;
  unsaved: Unsaved;
  view: ViewProvider;
  log: vscode.LogOutputChannel;
  place: () => Place;
  versions: Versions;
};

export function registerCommands(parts: Parts): vscode.Disposable[] {
  const commands: Record<string, (...args: unknown[]) => unknown> = {
    "outrigger.thread.new": () => newThread(parts),
    "outrigger.thread.pick": () => showThreads(parts),
    "outrigger.thread.export": () => exportThread(parts),
    "outrigger.message.add": (resource) => addToMessage(parts, resource),
    "outrigger.turn.stop": () => parts.conversation.stop(),
    "outrigger.restart": () => restart(parts),
    "outrigger.restartToUpdate": () => restartToUpdate(parts),
    "outrigger.showLog": () => parts.log.show(),
    "outrigger.copyDiagnostics": () => copyDiagnostics(parts),
    "outrigger.view.reload": () => parts.view.reload(),
    "outrigger.installCodex": () => installCodex(),
    "outrigger.approval.next": () => next(parts),
    "outrigger.approval.reveal": (target) => withApproval(parts, target, (approval) => reveal(parts, approval)),
    "outrigger.approval.showDiff": (target) =>
      withApproval(parts, target, (approval) => parts.diff.show(approval.approvalId)),
    "outrigger.approval.accept": (target) => act(parts, target, "accept"),
    "outrigger.approval.acceptForSession": (target) => act(parts, target, "acceptForSession"),
    "outrigger.approval.decline": (target) => act(parts, target, "decline"),
    "outrigger.approval.cancel": (target) => act(parts, target, "cancel"),
    "outrigger.approval.saveAndAccept": (target) => saveAndAccept(parts, target),
    "outrigger.approval.chooseHunks": (target) =>
      withApproval(parts, target, (approval) => chooseHunks(parts, approval)),
    "outrigger.approval.choose": (target, index) => choose(parts, target, index),
    "outrigger.rules.open": () => openRules(),
    "outrigger.approval.reply": (reply) => replyTo(parts, reply as vscode.CommentReply),
  };
  return Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run));
}

/** Another sidecar for this window; what Codex does goes on in the daemon. */
export async function restart({ link, place }: Parts): Promise<void> {
  if (place() !== "open") return;
  const daemon = () => link.hello?.daemon?.pid;
  const before = daemon();
  await link.restart();
  if (before !== undefined && daemon() === before)
    say(t("Outrigger was restarted in this window. What Codex does goes on."));
}

/** Ends the daemon, which serves every window, and what Codex does in it; then the newest build is started. */
async function restartToUpdate({ link, conversation, place }: Parts): Promise<void> {
  if (place() !== "open") return;
  if (link.state.state === "running" && conversation.page.activeTurnId !== null) {
    const text = t("Codex is working. A restart of the daemon ends its turns, in every window.");
    const yes = t("Restart");
    if ((await vscode.window.showWarningMessage(text, { modal: true }, yes)) !== yes) return;
  }
  await link.restartDaemon();
}

async function copyDiagnostics(parts: Parts): Promise<void> {
  const { link, conversation, approvals, diagnostics, versions } = parts;
  const metrics = await link.request("outrigger/metrics", {}).catch(() => null);
  const text = diagnosticsText({
    versions,
    link: link.state,
    pid: link.pid,
    hello: link.hello,
    appServer: conversation.page.appServer,
    waiting: approvals.pending.length,
    diagnostics: diagnostics.last,
    metrics,
  });
  await vscode.env.clipboard.writeText(text);
  void vscode.window.showInformationMessage(t("Outrigger's diagnostics are on the clipboard."));
}

/** Sends a decision and says what the person must know about it. */
export async function decide(
  parts: Parts,
  approvalId: string,
  decision: unknown,
  refusedHunks: HunkRef[] = [],
): Promise<boolean> {
  const rule = ruleOf(decision);
  const approval = parts.approvals.get(approvalId);
  if (rule && approval) {
    const confirmed = await confirmRule(parts.link, approval, rule, decision);
    if (confirmed === undefined) return false;
    decision = confirmed;
  }
  const decided = await parts.approvals.decide(approvalId, decision, refusedHunks);
  if (decided.result === "late") say(decided.message);
  if (decided.result === "failed") {
    const text = decided.hint ? `${decided.message} ${decided.hint}` : decided.message;
    void vscode.window.showErrorMessage(t("The decision was not sent: {0}", text));
  }
  return decided.result === "sent";
}

/** The approval that a menu, a link, a lens or a palette entry means. */
function targetOf(parts: Parts, target: unknown): Approval | undefined {
  if (typeof target === "string") return parts.approvals.get(target);
  if (target instanceof vscode.Uri) {
    const id = queryOf(target)?.[0] ?? parts.diff.active;
    return id === undefined ? undefined : parts.approvals.get(id);
  }
  if (typeof target === "object" && target !== null && "approvalId" in target) {
    return parts.approvals.get((target as { approvalId: string }).approvalId);
  }
  if (typeof target === "object" && target !== null && "comments" in target) {
    const id = parts.comments.approvalOf(target as vscode.CommentThread);
    return id === undefined ? undefined : parts.approvals.get(id);
  }
  return undefined;
}

async function withApproval(parts: Parts, target: unknown, run: (approval: Approval) => unknown): Promise<void> {
  const named = target !== undefined && !(target instanceof vscode.Uri && targetOf(parts, target) === undefined);
  const approval = targetOf(parts, target) ?? (named ? undefined : await pickApproval(parts));
  if (approval) await run(approval);
  else if (named) say(t("This was already decided."));
}

/** Without a target only the one approval that the person has seen may be meant; else they choose. */
async function pickApproval(parts: Parts): Promise<Approval | undefined> {
  const active = parts.diff.active;
  if (active !== undefined) return parts.approvals.get(active);
  const { pending, unambiguous } = parts.approvals;
  if (unambiguous || pending.length === 0) return unambiguous;
  const items = pending.map((approval) => ({
    label: headline(approval),
    detail: approval.reason ?? approval.cwd ?? "",
    approval,
  }));
  return (await vscode.window.showQuickPick(items, { title: t("Which one?"), matchOnDetail: true }))?.approval;
}

async function act(parts: Parts, target: unknown, action: Action): Promise<void> {
  await withApproval(parts, target, async (approval) => {
    const option = optionFor(approval, action);
    const accepts = action === "accept" || action === "acceptForSession";
    if (accepts && parts.unsaved.documents(approval).length > 0) await offerToSave(parts, approval);
    else if (option) await decide(parts, approval.approvalId, option.decision);
    else await reveal(parts, approval);
  });
}

/** An accept over unsaved edits, from a place that could not say so: the person is told and asked. */
async function offerToSave(parts: Parts, approval: Approval): Promise<void> {
  const names = parts.unsaved.documents(approval).map((document) => baseName(document.fileName));
  const text = t("{0} has unsaved edits. Codex changes the file as it is saved.", names.join(", "));
  const choice = await vscode.window.showWarningMessage(text, t("Save and accept"));
  if (choice) await saveAndAccept(parts, approval.approvalId);
}

/** Accept some hunks only. Over unsaved edits nothing is accepted, as everywhere. */
async function chooseHunks(parts: Parts, approval: Approval): Promise<void> {
  const { approvalId } = approval;
  if (!(await savedForAccept(parts, approval))) return;
  const chosen = await pickHunks(approval, parts.proposals, parts.diff);
  if (chosen === undefined) return;
  if (typeof chosen === "string") await act(parts, approvalId, chosen);
  else if (await decide(parts, approvalId, "accept", chosen)) {
    say(t("Accepted, but for {0}, which Codex is told.", hunksWord(chosen.length)));
  }
}

async function savedForAccept(parts: Parts, approval: Approval): Promise<boolean> {
  const documents = parts.unsaved.documents(approval);
  if (documents.length === 0) return true;
  const names = documents.map((document) => baseName(document.fileName));
  const text = t("{0} has unsaved edits. Codex changes the file as it is saved.", names.join(", "));
  if ((await vscode.window.showWarningMessage(text, "Save and choose")) === undefined) return false;
  return saveAll(documents);
}

async function choose(parts: Parts, target: unknown, index: unknown): Promise<void> {
  await withApproval(parts, target, async (approval) => {
    const option = typeof index === "number" ? approval.options[index] : undefined;
    if (option) await decide(parts, approval.approvalId, option.decision);
  });
}

async function saveAndAccept(parts: Parts, target: unknown): Promise<void> {
  await withApproval(parts, target, async (approval) => {
    if (await saveAll(parts.unsaved.documents(approval))) await act(parts, approval.approvalId, "accept");
  });
}

async function saveAll(documents: vscode.TextDocument[]): Promise<boolean> {
  for (const document of documents) {
    if (await document.save()) continue;
    void vscode.window.showErrorMessage(t("{0} could not be saved, so nothing was accepted.", document.fileName));
    return false;
  }
  return true;
}

/** Declines, and tells Codex what to do instead. */
async function replyTo(parts: Parts, { thread, text }: vscode.CommentReply): Promise<void> {
  const approval = targetOf(parts, thread);
  const option = approval && optionFor(approval, "decline");
  if (!approval || !option || !text.trim()) return;
  const { threadId, turnId } = approval;
  if (!(await decide(parts, approval.approvalId, option.decision)) || threadId === null) return;
  try {
    await parts.conversation.tell(threadId, turnId, textInput(text));
  } catch (error) {
    const refusal = refusalOf(error);
    void vscode.window.showErrorMessage(t("The change was declined, but Codex was not told: {0}", refusal.message));
  }
}

/** The one after that which keys are about, else the oldest that is not on screen, else the oldest. */
async function next(parts: Parts): Promise<void> {
  const { pending, addressed, shown } = parts.approvals;
  const at = pending.findIndex(({ approvalId }) => approvalId === addressed?.approvalId);
  const unseen = pending.find(({ approvalId }) => !shown.includes(approvalId));
  const approval = at >= 0 ? pending[(at + 1) % pending.length] : (unseen ?? pending[0]);
  if (approval) await reveal(parts, approval);
}

/** Shows an approval where it is decided best: at its lines, or as a card in the view. */
async function reveal(parts: Parts, approval: Approval): Promise<void> {
  parts.approvals.bringUp(approval.approvalId);
  if (approval.kind === "question" && !parts.view.visible) {
    await askQuestions(parts, approval);
    return;
  }
  if (approval.kind !== "fileChange") {
    await parts.view.reveal(approval.approvalId);
    return;
  }
  const [only, another] = approval.changes ?? [];
  if (!only || another || only.kind === "add") {
    await parts.diff.show(approval.approvalId);
    return;
  }
  const place = parts.comments.placeOf(approval.approvalId);
  const uri = place?.uri ?? vscode.Uri.parse(only.uri);
  await vscode.window.showTextDocument(uri, place ? { selection: place.range } : {});
}

/** A question as quick picks: for when the view is not there to show its card. */
async function askQuestions(parts: Parts, approval: Approval): Promise<void> {
  const questions = questionsOf(approval);
  const given: Record<string, string> = {};
  for (const question of questions) {
    const title = question.header || t("Codex asks");
    const other = { label: `$(edit) ${t("Something else…")}`, description: "", other: true };
    const options = question.options.map((option) => ({ ...option, other: false }));
    const choices = question.isOther ? [...options, other] : options;
    const chosen =
      options.length === 0
        ? other
        : await vscode.window.showQuickPick(choices, { title, placeHolder: question.question });
    if (!chosen) return;
    const box = { title, prompt: question.question, password: question.isSecret, ignoreFocusOut: true };
    const answer = chosen.other ? await vscode.window.showInputBox(box) : chosen.label;
    if (!answer) return;
    given[question.id] = answer;
  }
  const answers = answersOf(questions, given);
  if (answers) await decide(parts, approval.approvalId, answers);
}

async function newThread(parts: Parts): Promise<void> {
  parts.threads.show(false);
  parts.conversation.newThread();
  await focusView(parts);
}

async function showThreads(parts: Parts): Promise<void> {
  parts.threads.show(true);
  await focusView(parts);
}

/** Gives the view the focus, and in it what a person types into. */
export async function focusView({ view }: Parts): Promise<void> {
  await vscode.commands.executeCommand("outrigger.view.focus");
  view.tell({ type: "focus" });
}

/** Puts the selection of the active editor, or its file, into the message that is being written. */
async function addToMessage(parts: Parts, resource: unknown): Promise<void> {
  const text = resource instanceof vscode.Uri ? mentionOf(resource) : selectionMention();
  if (text === null) return;
  parts.threads.show(false);
  await focusView(parts);
  parts.view.tell({ type: "insert", text });
}

/** The thread as a Markdown document, for the person to save where they like. */
async function exportThread({ conversation, threads }: Parts): Promise<void> {
  const { threadId } = conversation.page;
  try {
    const thread = await conversation.whole();
    if (thread === null || threadId === null) return;
    const content = markdownOf(thread, thread.name ?? threads.page.names[threadId] ?? "Thread");
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: "markdown", content }));
  } catch (error) {
    conversation.fail(refusalOf(error));
  }
}
