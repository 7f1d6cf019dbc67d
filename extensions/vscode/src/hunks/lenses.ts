// Code lenses at hunks.

import * as vscode from "vscode";
import type { Door, Owned } from "../door";
import * as settings from "../settings";
import type { HunkDocuments } from "./documents";
import { lensRows } from "./lensRows";

export class HunkLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changes.event;
  private readonly disposables: Owned[];

  constructor(
    private readonly door: Door,
    private readonly documents: HunkDocuments,
  ) {
    const refresh = () => this.changes.fire();
    this.disposables = [
      this.changes,
      vscode.languages.registerCodeLensProvider({ scheme: "file" }, this),
      { dispose: documents.onChange.add(refresh) },
      settings.onHunkSettings(refresh),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const rows = lensRows(
      document.uri.toString(),
      this.documents.placed(document),
      settings.hunkLenses(),
      document.isDirty,
      this.door.offers("outrigger/hunk/keep"),
    );
    const last = document.lineCount - 1;
    return rows.map(({ line, title, command, args, tooltip }) => {
      const at = Math.min(line, last);
      const spoken = { title, command: command ?? "", arguments: args, ...(tooltip ? { tooltip } : {}) };
      return new vscode.CodeLens(new vscode.Range(at, 0, at, 0), spoken);
    });
  }
}
