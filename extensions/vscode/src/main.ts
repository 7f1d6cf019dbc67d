// Activation: makes the parts and joins them. No logic.

import * as vscode from "vscode";
import { Approvals } from "./approvals";
import { decide, type Parts, registerCommands } from "./commands";
import { Diagnostics } from "./diagnostics";
import { Drafts, type Kept } from "./drafts";
import { makeHunks } from "./hunks/hunks";
import { useBundle } from "./l10n";
import { Link } from "./link";
import * as settings from "./settings";
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
import { placeOf } from "./trust";
import { Conversation } from "./view/conversation";
import { Decisions } from "./view/decisions";
import { handle } from "./view/handle";
import type { FromView } from "./view/messages";
import { ViewProvider } from "./view/provider";
import { Queue } from "./view/queue";

const LAST_THREAD = "outrigger.lastThread";
const DRAFTS = "outrigger.drafts";

export function activate(context: vscode.ExtensionContext): void {
  useBundle(vscode.l10n.bundle);
  const log = vscode.window.createOutputChannel("Outrigger", { log: true });
  const link = new Link(context.extensionUri, log);
  const place = () => placeOf(vscode.workspace.isTrusted, vscode.workspace.workspaceFolders?.length ?? 0);

  const approvals = new Approvals(link, () => (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath));
  const conversation = new Conversation({
    door: link,
    cwd: currentFolder,
    threadSettings: settings.threadSettings,
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
  const decisions = new Decisions(link, approvals, vscode.env.appName);
  const queue = new Queue({
    door: link,
    fail: (refusal) => conversation.fail(refusal),
    putBack: (text) => view.putBack(text),
  });
  const received = (message: FromView) =>
    handle(parts, message, (approvalId, decision) => decide(parts, approvalId, decision));
  const turns = () => link.offers("outrigger/turn/undo");
  const content = { conversation, approvals, unsaved, queue, decisions, proposals, drafts, place, turns };
  const view = new ViewProvider(context.extensionUri, content, log, received);
  const shown = new Shown(approvals, diff, view);
  const notifications = new Notifications(approvals);
  const statusBar = new StatusBar(approvals, conversation, place);
  const versions = {
    editor: `${vscode.env.appName} ${vscode.version}`,
    extension: (context.extension.packageJSON as { version: string }).version,
    platform: `${process.platform}-${process.arch}`,
  };
  const shared = { link, approvals, conversation, queue, comments, proposals, diff, diagnostics };
  const parts: Parts = { ...shared, unsaved, view, log, place, versions };

  const connection = new Connection(() => link.hello);
  const follow = () => {
    view.pageChanged();
    void (place() === "open" ? link.start() : link.stop());
  };
  const tellContext = () => {
    const tell = (key: string, value: boolean) => void vscode.commands.executeCommand("setContext", key, value);
    tell("outrigger.running", conversation.page.link.state === "running");
    tell("outrigger.turnRunning", conversation.page.activeTurnId !== null);
    tell("outrigger.updateWaiting", link.hello?.daemon?.newer ?? false);
  };
  const select = () => {
    queue.select(conversation.page.threadId);
    decisions.select(conversation.page.threadId);
  };
  const read = (threadId: string) => {
    void queue.load(threadId);
    void decisions.load(threadId);
    void drafts.open(threadId);
  };
  context.subscriptions.push(
    log,
    { dispose: conversation.onPage.add(tellContext) },
    { dispose: conversation.onPage.add(select) },
    { dispose: conversation.onSubscribed.add(read) },
    { dispose: link.onState((state) => connection.follow(state)) },
    { dispose: link.onNote("outrigger/diagnostic", (diagnostic) => diagnostics.add(diagnostic)) },
    vscode.window.registerWebviewViewProvider("outrigger.view", view),
    vscode.workspace.onDidGrantWorkspaceTrust(follow),
    vscode.workspace.onDidChangeWorkspaceFolders(follow),
    settings.onSidecarSettings(() => void (place() === "open" && link.restart())),
    ...registerCommands(parts),
    ...makeHunks(link, conversation),
    makeTerminals(context, link, conversation, currentFolder),
    ...[
      statusBar,
      notifications,
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
