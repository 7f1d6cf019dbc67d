// What the sidecar is told of this editor's documents and folders, and what it says about a line.

import * as vscode from "vscode";
import type { MessageConnection } from "vscode-jsonrpc/node";

const FILES: vscode.DocumentSelector = { scheme: "file" };

type Hover = { contents: { value: string }; range?: Range } | null;
type Range = { start: Position; end: Position };
type Position = { line: number; character: number };

/** Tells of the documents that are open now, and from here on. */
export function syncDocuments(connection: MessageConnection): vscode.Disposable[] {
  const tell = (method: string, params: unknown) => {
    connection.sendNotification(method, params).catch(() => undefined); // Its end is told elsewhere.
  };
  const of = (document: vscode.TextDocument) => ({ uri: document.uri.toString() });
  const isFile = ({ uri }: vscode.TextDocument) => uri.scheme === "file";
  const open = (document: vscode.TextDocument) => {
    if (!isFile(document)) return;
    const { languageId, version } = document;
    tell("textDocument/didOpen", { textDocument: { ...of(document), languageId, version, text: document.getText() } });
  };
  vscode.workspace.textDocuments.forEach(open);
  return [
    vscode.workspace.onDidOpenTextDocument(open),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (!isFile(document) || contentChanges.length === 0) return;
      const textDocument = { ...of(document), version: document.version };
      tell("textDocument/didChange", { textDocument, contentChanges: [{ text: document.getText() }] });
    }),
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (isFile(document)) tell("textDocument/didSave", { textDocument: of(document) });
    }),
    vscode.workspace.onDidCloseTextDocument((document) => {
      if (isFile(document)) tell("textDocument/didClose", { textDocument: of(document) });
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      const folders = (list: readonly vscode.WorkspaceFolder[]) =>
        list.map(({ uri, name }) => ({ uri: uri.toString(), name }));
      const event = { added: folders(added), removed: folders(removed) };
      tell("workspace/didChangeWorkspaceFolders", { event });
    }),
    vscode.languages.registerHoverProvider(FILES, {
      provideHover: async (document, position) => {
        const { line, character } = position;
        const params = { textDocument: of(document), position: { line, character } };
        const hover = await connection.sendRequest<Hover>("textDocument/hover", params).catch(() => null);
        if (!hover) return undefined;
        return new vscode.Hover(new vscode.MarkdownString(hover.contents.value), hover.range && rangeOf(hover.range));
      },
    }),
  ];
}

export function rangeOf({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

export type { Range };
