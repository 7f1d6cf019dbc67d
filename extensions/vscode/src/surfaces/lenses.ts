// Code lenses: at each hunk of a pending change, and at the top of the active file while a command waits.

import * as vscode from "vscode";
import type { Approvals } from "../approvals";
import type { Owned } from "../door";
import { commandLenses, fileLenses, type Lens } from "../placement";
import type { Proposals } from "./proposals";
import type { Unsaved } from "./unsaved";

export class Lenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly disposables: Owned[];
  readonly onDidChangeCodeLenses = this.changes.event;

  constructor(
    private readonly approvals: Approvals,
    private readonly proposals: Proposals,
    unsaved: Unsaved,
  ) {
    const refresh = () => this.changes.fire();
    const refreshIfPending = () => {
      if (this.approvals.pending.length > 0) refresh();
    };
    this.disposables = [
      this.changes,
      vscode.languages.registerCodeLensProvider({ scheme: "file" }, this),
      { dispose: approvals.onChange(refresh) },
      { dispose: proposals.onChange(refresh) },
      vscode.window.onDidChangeActiveTextEditor(refreshIfPending),
      { dispose: unsaved.onChange(refresh) },
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    return this.lensesOf(document).map(({ line, title, command, args, tooltip }) => {
      const spoken = { title, command: command ?? "", arguments: args, ...(tooltip ? { tooltip } : {}) };
      return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), spoken);
    });
  }

  private lensesOf(document: vscode.TextDocument): Lens[] {
    const uri = document.uri.toString();
    const active = vscode.window.activeTextEditor?.document === document;
    return this.approvals.pending.flatMap((approval) => {
      if (approval.kind === "command") return active ? commandLenses(approval) : [];
      if (approval.kind !== "fileChange") return [];
      const choosable = this.proposals.choosable(approval);
      return this.proposals
        .files(approval)
        .filter((file) => vscode.Uri.parse(file.uri).toString() === uri)
        .flatMap((file) => fileLenses(approval, file, document.lineCount, { dirty: document.isDirty, choosable }));
    });
  }
}
