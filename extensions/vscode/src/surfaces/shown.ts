// Which approvals are on screen now: the view lists them all, an editor those of its file.

import * as vscode from "vscode";
import type { Approvals } from "../approvals";
import type { Owned } from "../door";
import * as settings from "../settings";
import type { ProposedDiff } from "./proposedDiff";

export class Shown implements vscode.Disposable {
  private readonly disposables: Owned[];

  constructor(
    private readonly approvals: Approvals,
    private readonly diff: ProposedDiff,
    private readonly view: { visible: boolean; onVisible: (listener: () => void) => () => void },
  ) {
    const update = () => this.update();
    this.disposables = [
      { dispose: approvals.onChange(update) },
      { dispose: view.onVisible(update) },
      vscode.window.onDidChangeVisibleTextEditors(update),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        this.turnTo(editor);
        update();
      }),
      vscode.window.tabGroups.onDidChangeTabs(update),
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private update(): void {
    const pending = this.approvals.pending;
    const visible = this.view.visible ? pending.map((approval) => approval.approvalId) : this.inEditors();
    this.approvals.show(visible);
    const tell = (key: string, value: boolean) => void vscode.commands.executeCommand("setContext", key, value);
    tell("outrigger.approvalPending", pending.length > 0);
    tell("outrigger.approvalShown", this.approvals.shown.length > 0);
    tell("outrigger.approvalAddressed", this.approvals.addressed !== undefined);
    tell("outrigger.approvalListed", pending.length + this.approvals.elsewhere.length > 0);
  }

  /** Who turns to a file that another approval touches is not at the one brought up before. */
  private turnTo(editor: vscode.TextEditor | undefined): void {
    const uri = editor?.document.uri.toString();
    const there = this.approvals.pending.filter((approval) =>
      (approval.changes ?? []).some((change) => vscode.Uri.parse(change.uri).toString() === uri),
    );
    const { addressed } = this.approvals;
    if (there.length > 0 && addressed && !there.includes(addressed)) this.approvals.bringUp(null);
  }

  private inEditors(): string[] {
    const visible = new Set(vscode.window.visibleTextEditors.map((editor) => editor.document.uri.toString()));
    const active = vscode.window.activeTextEditor?.document;
    const lensOnTop = active?.uri.scheme === "file" && settings.codeLensEnabled(active);
    const atItsLines = this.approvals.pending.filter((approval) => {
      if (approval.kind === "command") return lensOnTop;
      return (approval.changes ?? []).some(({ uri }) => visible.has(vscode.Uri.parse(uri).toString()));
    });
    return [...atItsLines.map((approval) => approval.approvalId), ...this.diff.visible()];
  }
}
