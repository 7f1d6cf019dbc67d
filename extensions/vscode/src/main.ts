// Activation: makes the parts and joins them. No logic.

import "./bundle";
import * as vscode from "vscode";
import { Account } from "./account/account";
import { makeAccount } from "./account/make";
import { Approvals } from "./approvals";
import { loadAutomations } from "./automations/load";
import { decide, type Parts, registerCommands } from "./commands";
import { Diagnostics } from "./diagnostics";
import { Drafts, type Kept } from "./drafts";
import { makeHunks } from "./hunks/hunks";
import { makeFirstRun } from "./firstRun";
import { Link } from "./link";
import * as settings from "./settings";
import { ApprovalTree } from "./surfaces/approvalTree";
import { Connection } from "./surfaces/connection";
import { CommentThreads } from "./surfaces/commentThreads";
import { Lenses } from "./surfaces/lenses";
import { Notifications } from "./surfaces/notifications";
import { Proposals } from "./surfaces/proposals";
import { ProposedDiff } from "./surfaces/proposedDiff";
import { Shown } from "./surfaces/shown";
import { StatusBar } from "./surfaces/statusBar";
import { Unsaved } from "./surfaces/unsaved";
import { makeTerminals } from "./terminals/make";
import { ThreadNames } from "./threadNames";
import { placeOf } from "./trust";
import { Choices } from "./view/choices";
import { Conversation } from "./view/conversation";
import { Decisions } from "./view/decisions";
import { handle } from "./view/handle";
import { inputOf } from "./view/input";
import type { FromView } from "./view/messages";
import { ViewProvider } from "./view/provider";
import { Queue } from "./view/queue";
import { Suggestions } from "./view/suggestions";
import { actOnThread } from "./view/threadActs";
import { Threads } from "./view/threads";

const LAST_THREAD = "outrigger.lastThread";
const DRAFTS = "outrigger.drafts";

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Outrigger", { log: true });
  const { version } = context.extension.packageJSON as { version: string };
  const link = new Link(context.extensionUri, version, log);
  const place = () => placeOf(vscode.workspace.isTrusted, vscode.workspace.workspaceFolders?.length ?? 0);

  const approvals = new Approvals(link, folderPaths);
  const conversation: Conversation = new Conversation({
    door: link,
    cwd: currentFolder,
    threadSettings: () => ({ ...settings.threadSettings(), ...choices.startParams() }),
    input: (message) => inputOf(message, suggestions.skills),
    onRuns: (threadId, runs) => choices.learn(threadId, runs),
    onStarted: (threadId) => choices.started(threadId),
    memory: {
      get: () => context.workspaceState.get<string>(LAST_THREAD),
      set: (threadId) => void context.workspaceState.update(LAST_THREAD, threadId),
    },
    onOwn: (threadId) => approvals.own(threadId),
  });
  const proposals = new Proposals(link, approvals);
  const diff = new ProposedDiff(approvals, proposals);
  const unsaved = new Unsaved(approvals);
  const comments = new CommentThreads(approvals, proposals, diff, unsaved);
  const lenses = new Lenses(approvals, proposals, unsaved);
  const diagnostics = new Diagnostics();
  const drafts = new Drafts({
    atoms: {
      get: (key) => link.request("outrigger/atom/get", { key }),
      set: (key, value) => link.request("outrigger/atom/set", { key, value }),
      delete: (key) => link.request("outrigger/atom/delete", { key }),
      onChanged: (listener) => link.onNote("outrigger/atom/changed", listener),
    },
    memory: {
      get: () => context.workspaceState.get<Record<string, Kept>>(DRAFTS),
      set: (all) => void context.workspaceState.update(DRAFTS, all),
    },
    now: Date.now,
  });
  const threads = new Threads({
    door: link,
    folders: folderPaths,
    later: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
  const choices: Choices = new Choices({
    door: link,
    cwd: currentFolder,
    defaults: settings.threadSettings,
    attach: (threadId) => conversation.attach(threadId),
  });
  const account = new Account(link);
  const suggestions = new Suggestions(link, (query, items) => view.tell({ type: "suggestions", query, items }));
  const decisions = new Decisions(link, approvals, vscode.env.appName);
  const queue = new Queue({
    door: link,
    input: (message) => inputOf(message, suggestions.skills),
    fail: (refusal) => conversation.fail(refusal),
    putBack: (message) => view.putBack(message),
  });
  const received = (message: FromView) =>
    handle(parts, message, (approvalId, decision) => decide(parts, approvalId, decision));
  const turns = () => link.offers("outrigger/turn/undo");
  const content = {
    ...{ conversation, approvals, unsaved, queue, decisions, proposals, drafts, threads, choices, account },
    ...{ place, turns },
  };
  const view = new ViewProvider(context.extensionUri, content, log, received);
  const shown = new Shown(approvals, diff, view);
  const names = new ThreadNames(link);
  const notifications = new Notifications(approvals, names);
  const tree = new ApprovalTree(approvals, names);
  const statusBar = new StatusBar(approvals, conversation, place);
  const versions = {
    editor: `${vscode.env.appName} ${vscode.version}`,
    extension: version,
    platform: `${process.platform}-${process.arch}`,
  };
  const shared = { link, approvals, conversation, queue, comments, proposals, diff, diagnostics, threads, choices };
  const parts: Parts = { ...shared, suggestions, unsaved, view, log, place, versions };

  const connection = new Connection(() => link.hello);
  const follow = () => {
    view.pageChanged();
    void (place() === "open" ? link.start() : link.stop());
  };
  const tellContext = () => {
    const tell = (key: string, value: boolean) => void vscode.commands.executeCommand("setContext", key, value);
    tell("outrigger.running", conversation.page.link.state === "running");
    tell("outrigger.threadOpen", conversation.page.threadId !== null);
    tell("outrigger.turnRunning", conversation.page.activeTurnId !== null);
    tell("outrigger.updateWaiting", link.hello?.daemon?.newer ?? false);
  };
  let shownThread = conversation.page.threadId;
  let ready = false;
  const select = () => {
    const { threadId, appServer } = conversation.page;
    queue.select(threadId);
    decisions.select(threadId);
    choices.select(threadId);
    if (threadId !== shownThread) threads.show(false);
    shownThread = threadId;
    follows();
    if ((appServer?.state === "ready") === ready) return;
    ready = !ready;
    if (!ready) return;
    for (const load of [choices.load(), suggestions.load(), threads.loadPinned(), threads.look()]) void load;
  };
  /** What a person has before their eyes counts as read. */
  const follows = () => threads.follow(view.visible && !threads.listing ? conversation.page.threadId : null);
  const read = (threadId: string) => {
    void queue.load(threadId);
    void decisions.load(threadId);
    void drafts.open(threadId);
  };
  context.subscriptions.push(
    log,
    { dispose: conversation.onPage.add(tellContext) },
    { dispose: conversation.onPage.add(select) },
    { dispose: view.onVisible(follows) },
    { dispose: threads.onChange.add(follows) },
    { dispose: conversation.onSubscribed.add(read) },
    { dispose: link.onState((state) => connection.follow(state)) },
    { dispose: link.onNote("outrigger/diagnostic", (diagnostic) => diagnostics.add(diagnostic)) },
    vscode.window.registerWebviewViewProvider("outrigger.view", view),
    vscode.workspace.onDidGrantWorkspaceTrust(follow),
    vscode.workspace.onDidChangeWorkspaceFolders(follow),
    settings.onSidecarSettings(() => void (place() === "open" && link.restart())),
    ...registerCommands(parts),
    ...makeHunks(link, conversation),
    ...makeAccount(link, account, currentFolder),
    loadAutomations(context.extensionUri, link, async (threadId) => {
      await vscode.commands.executeCommand("outrigger.view.focus");
      await actOnThread(parts, "open", threadId);
    }),
    ...makeFirstRun(context, link, conversation, view, currentFolder),
    makeTerminals(context, link, conversation, currentFolder),
    ...[
      statusBar,
      notifications,
      tree,
      shown,
      view,
      lenses,
      comments,
      diff,
      proposals,
      unsaved,
      queue,
      decisions,
      drafts,
      threads,
      choices,
      suggestions,
      conversation,
      approvals,
      link,
    ],
  );
  approvals.connect();
  conversation.connect();
  follow();
}

/** The folder of the file being edited, else the first. */
function currentFolder(): string | null {
  const document = vscode.window.activeTextEditor?.document;
  const folder = document && vscode.workspace.getWorkspaceFolder(document.uri);
  return (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath ?? null;
}

function folderPaths(): string[] {
  return (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
}
