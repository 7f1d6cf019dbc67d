// What the view asks for, done.

import * as vscode from "vscode";
import type { Parts } from "../commands";
import { installCodex } from "../install";
import type { FromView } from "./messages";

type Decide = (approvalId: string, decision: unknown) => Promise<boolean>;

export function handle(parts: Parts, message: FromView, decide: Decide): void {
  const { conversation, diff, log, queue } = parts;
  switch (message.type) {
    case "ready":
    case "beat":
    case "draft":
      return; // The view provider answers these.
    case "send":
      return void conversation.send(message.text);
    case "queue":
      return void queue.add(message.text);
    case "editQueued":
      return void queue.edit(message.id);
    case "removeQueued":
      return void queue.remove(message.id);
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
    case "stop":
      return void conversation.stop();
    case "continue":
      return void conversation.continueTurn();
    case "newThread":
      conversation.newThread();
      return;
    case "pickThread":
      return void vscode.commands.executeCommand("outrigger.thread.pick");
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
  vscode.window.setStatusBarMessage(`$(info) ${path} is not there.`, 4_000);
}
