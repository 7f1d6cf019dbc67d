// What the sidecar asks of the editor: to show something, and to edit documents.

import * as vscode from "vscode";
import type { MessageConnection } from "vscode-jsonrpc/node";
import { type Range, rangeOf } from "./documents";

type Message = { type: 1 | 2 | 3 | 4; message: string; actions?: { title: string }[] };
type TextDocumentEdit = {
  textDocument: { uri: string; version: number | null };
  edits: { range: Range; newText: string }[];
};

export function answerAsks(connection: MessageConnection): void {
  connection.onNotification("window/showMessage", (said: Message) => void show(said));
  connection.onRequest("window/showMessageRequest", async (said: Message) => (await show(said)) ?? null);
  connection.onRequest("window/showDocument", showDocument);
  connection.onRequest("workspace/applyEdit", ({ edit }: { edit: { documentChanges?: TextDocumentEdit[] } }) =>
    applyEdits(edit.documentChanges ?? []),
  );
}

function show({ type, message, actions = [] }: Message): Thenable<{ title: string } | undefined> {
  if (type === 1) return vscode.window.showErrorMessage(message, ...actions);
  if (type === 2) return vscode.window.showWarningMessage(message, ...actions);
  return vscode.window.showInformationMessage(message, ...actions);
}

async function showDocument(params: { uri: string; selection?: Range; takeFocus?: boolean }): Promise<unknown> {
  try {
    const options = { preserveFocus: params.takeFocus === false };
    const selection = params.selection && { selection: rangeOf(params.selection) };
    await vscode.window.showTextDocument(vscode.Uri.parse(params.uri), { ...options, ...selection });
    return { success: true };
  } catch {
    return { success: false };
  }
}

/** Edits of documents as they were when the sidecar last heard of them; of others, nothing at all. */
async function applyEdits(changes: TextDocumentEdit[]): Promise<{ applied: boolean; failureReason?: string }> {
  const open = new Map(vscode.workspace.textDocuments.map((document) => [document.uri.toString(), document.version]));
  const edit = new vscode.WorkspaceEdit();
  for (const { textDocument, edits } of changes) {
    const uri = vscode.Uri.parse(textDocument.uri);
    if (textDocument.version !== null && open.get(uri.toString()) !== textDocument.version) {
      return { applied: false, failureReason: "The document was edited meanwhile." };
    }
    edit.set(
      uri,
      edits.map(({ range, newText }) => new vscode.TextEdit(rangeOf(range), newText)),
    );
  }
  return { applied: await vscode.workspace.applyEdit(edit) };
}
