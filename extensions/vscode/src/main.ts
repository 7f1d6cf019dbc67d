// Activation: makes the parts and joins them. No logic.

import * as vscode from "vscode";
import { Approvals } from "./approvals";
import { decide, type Parts, registerCommands } from "./commands";
import { Link } from "./link";
import * as settings from "./settings";
import { CommentThreads } from "./surfaces/commentThreads";
import { Lenses } from "./surfaces/lenses";
import { Notifications } from "./surfaces/notifications";
import { Proposals } from "./surfaces/proposals";
import { ProposedDiff } from "./surfaces/proposedDiff";
import { Shown } from "./surfaces/shown";
import { StatusBar } from "./surfaces/statusBar";
import { Unsaved } from "./surfaces/unsaved";
import { placeOf } from "./trust";
import { Conversation } from "./view/conversation";
import { handle } from "./view/handle";
import type { FromView } from "./view/messages";
import { ViewProvider } from "./view/provider";

const LAST_THREAD = "outrigger.lastThread";
const DRAFT = "outrigger.draft";

export function activate(context: vscode.ExtensionContext): void {
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
  const draft = {
    get: () => context.workspaceState.get<string>(DRAFT) ?? "",
    set: (text: string) => void context.workspaceState.update(DRAFT, text),
  };
  const received = (message: FromView) =>
    handle(parts, message, (approvalId, decision) => decide(parts, approvalId, decision));
  const view = new ViewProvider(context.extensionUri, conversation, approvals, unsaved, place, draft, received);
  const shown = new Shown(approvals, diff, view);
  const notifications = new Notifications(approvals);
  const statusBar = new StatusBar(approvals, conversation);
  const restart = () => (place() === "open" ? link.restart() : Promise.resolve());
  const parts: Parts = { approvals, conversation, comments, diff, notifications, unsaved, view, log, restart };

  const follow = () => {
    view.pageChanged();
    void (place() === "open" ? link.start() : link.stop());
  };
  const tellContext = () => {
    const tell = (key: string, value: boolean) => void vscode.commands.executeCommand("setContext", key, value);
    tell("outrigger.running", conversation.page.link.state === "running");
    tell("outrigger.turnRunning", conversation.page.activeTurnId !== null);
  };
  context.subscriptions.push(
    log,
    { dispose: conversation.onPage.add(tellContext) },
    vscode.window.registerWebviewViewProvider("outrigger.view", view),
    vscode.workspace.onDidGrantWorkspaceTrust(follow),
    vscode.workspace.onDidChangeWorkspaceFolders(follow),
    settings.onSidecarSettings(() => void restart()),
    ...registerCommands(parts),
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
