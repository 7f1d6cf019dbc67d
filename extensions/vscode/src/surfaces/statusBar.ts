// One item, left, only while something waits for the person or Codex is not there.

import * as vscode from "vscode";
import type { Approvals } from "../approvals";
import type { Owned } from "../door";
import type { Conversation } from "../view/conversation";
import { headline, oneLine } from "../wording";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("outrigger.status", vscode.StatusBarAlignment.Left, 50);
  private readonly disposables: Owned[];

  constructor(
    private readonly approvals: Approvals,
    private readonly conversation: Conversation,
  ) {
    this.item.name = "Outrigger";
    const draw = () => this.draw();
    this.disposables = [this.item, { dispose: approvals.onChange(draw) }, { dispose: conversation.onPage.add(draw) }];
    draw();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private draw(): void {
    const pending = this.approvals.pending;
    const { link, appServer } = this.conversation.page;
    if (pending.length > 0) {
      const waits = pending.length === 1 ? "Codex waits for you" : `Codex waits for you (${pending.length})`;
      this.item.text = `$(bell-dot) ${waits}`;
      this.item.tooltip = pending.map((approval) => oneLine(headline(approval), 120).text).join("\n");
      this.item.command = "outrigger.approval.next";
      this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
      this.item.show();
    } else if (link.state === "stopped" || appServer?.state === "failed") {
      this.item.text = "$(warning) Codex is not running";
      this.item.tooltip = link.state === "stopped" ? link.message : (appServer?.lastError?.message ?? "");
      this.item.command = "outrigger.view.focus";
      this.item.backgroundColor = undefined;
      this.item.show();
    } else this.item.hide();
  }
}
