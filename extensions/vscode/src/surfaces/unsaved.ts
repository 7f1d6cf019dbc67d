// Documents with unsaved edits that a pending change touches. Codex writes to the file on disk, so they are saved
// first, and only when the person says so.

import * as vscode from "vscode";
import type { Approvals } from "../approvals";
import { Listeners, type Owned, type Unsubscribe } from "../door";
import type { Approval } from "../protocol.generated";

export class Unsaved implements vscode.Disposable {
  private readonly changed = new Listeners<void>();
  private readonly disposables: Owned[];
  private before = "";

  constructor(private readonly approvals: Approvals) {
    const follow = () => this.follow();
    this.disposables = [
      vscode.workspace.onDidChangeTextDocument(follow),
      vscode.workspace.onDidSaveTextDocument(follow),
      vscode.workspace.onDidCloseTextDocument(follow),
      { dispose: approvals.onChange(follow) },
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** Fires when a touched document becomes dirty or clean. */
  onChange(listener: () => void): Unsubscribe {
    return this.changed.add(listener);
  }

  documents(approval: Approval): vscode.TextDocument[] {
    const touched = new Set((approval.changes ?? []).map(({ uri }) => vscode.Uri.parse(uri).toString()));
    if (touched.size === 0) return [];
    return vscode.workspace.textDocuments.filter((open) => open.isDirty && touched.has(open.uri.toString()));
  }

  /** The approvals that touch an unsaved document. */
  get approvalIds(): string[] {
    const touching = this.approvals.pending.filter((approval) => this.documents(approval).length > 0);
    return touching.map(({ approvalId }) => approvalId);
  }

  private follow(): void {
    const now = this.approvalIds.join();
    if (now === this.before) return;
    this.before = now;
    this.changed.fire();
  }
}
