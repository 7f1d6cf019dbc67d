// What the view asks for, done.

import * as vscode from "vscode";
import type { Parts } from "../commands";
import { installCodex } from "../install";
import { t } from "../l10n";
import { chooseApprovals, chooseModel } from "./choosers";
import type { FromView } from "./messages";
import { readPicture } from "./pictures";
import { runSlashCommand } from "./slash";
import { actOnThread } from "./threadActs";

type Decide = (approvalId: string, decision: unknown) => Promise<boolean>;

export function handle(parts: Parts, message: FromView, decide: Decide): void {
  const { conversation, diff, log, queue, threads, view } = parts;
  switch (message.type) {
    case "ready":
    case "beat":
    case "draft":
      return; // The view provider answers these.
    case "send":
      return void conversation.send(message);
    case "queue":
      return void queue.add(message);
    case "editQueued":
      return void queue.edit(message.id);
    case "removeQueued":
      return void queue.remove(message.id);
    case "reorderQueued":
      return void queue.reorder(message.ids);
    case "decide":
      return void decide(message.approvalId, message.decision);
    case "saveAndAccept":
      return void vscode.commands.executeCommand("outrigger.approval.saveAndAccept", message.approvalId);
    case "chooseHunks":
      return void vscode.commands.executeCommand("outrigger.approval.chooseHunks", message.approvalId);
    case "showDiff":
      return void diff.show(message.approvalId, true);
    case "endProcess":
      return void conversation.endProcess(message.processId);
    case "wholeItem":
      return void conversation.wholeItem(message.turnId, message.itemId);
    case "reviewTurn":
      return void vscode.commands.executeCommand("outrigger.turn.review", message.turnId);
    case "undoTurn":
      return void vscode.commands.executeCommand("outrigger.turn.undo", message.turnId);
    case "openFile":
      return void openFile(message.path, message.line);
    case "copy":
      return void vscode.env.clipboard.writeText(message.text);
    case "picture":
      return void showPicture(parts, message.path);
    case "suggest":
      return void parts.suggestions.answer(message.query);
    case "command":
      return void runSlashCommand(parts, message.command);
    case "choose":
      return void (message.what === "model" ? chooseModel(parts) : chooseApprovals(parts));
    case "threads":
      threads.show(message.listing);
      view.tell({ type: "focus" });
      return;
    case "searchThreads":
      return void threads.look(message.search, message.archived, message.everywhere);
    case "moreThreads":
      return void threads.more();
    case "threadAct":
      return void actOnThread(parts, message.act, message.threadId);
    case "signIn":
      return void vscode.commands.executeCommand("outrigger.account.signIn");
    case "stop":
      return void conversation.stop();
    case "continue":
      return void conversation.continueTurn();
    case "newThread":
      threads.show(false);
      conversation.newThread();
      view.tell({ type: "focus" });
      return;
    case "restart":
      return void vscode.commands.executeCommand("outrigger.restart");
    case "restartDaemon":
      return void vscode.commands.executeCommand("outrigger.restartToUpdate");
    case "restartCodex":
      return void conversation.restartAppServer();
    case "install":
      installCodex();
      return;
    case "showLog":
      log.show();
      return;
    case "retry":
      return void conversation.retry();
    case "fork":
      return void conversation.fork();
    case "loadOlder":
      return void conversation.loadOlder();
    case "dismiss":
      conversation.dismissNotice();
      return;
    case "manageTrust":
      return void vscode.commands.executeCommand("workbench.trust.manage");
    case "openFolder":
      return void vscode.commands.executeCommand("workbench.action.files.openFolder");
  }
}

async function showPicture({ view }: Parts, path: string): Promise<void> {
  view.tell({ type: "picture", path, url: await readPicture(path) });
}

/** Opens a file that a message names: an absolute path, or one in a folder of this window. */
async function openFile(path: string, line: number | null): Promise<void> {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => vscode.Uri.joinPath(uri, path));
  const absolute = /^(\/|[A-Za-z]:[\\/])/.test(path);
  for (const uri of absolute ? [vscode.Uri.file(path)] : folders) {
    try {
      const at = new vscode.Position(Math.max((line ?? 1) - 1, 0), 0);
      await vscode.window.showTextDocument(uri, line === null ? {} : { selection: new vscode.Range(at, at) });
      return;
    } catch {
      // Not in this folder: the next one may have it.
    }
  }
  vscode.window.setStatusBarMessage(`$(info) ${t("{0} is not there.", path)}`, 4_000);
}
