// One item, left: how Codex is, and what waits for the person.

import * as vscode from "vscode";
import type { Approvals } from "../approvals";
import type { Owned } from "../door";
import { statusOf } from "../status";
import type { Place } from "../trust";
import type { Conversation } from "../view/conversation";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("outrigger.status", vscode.StatusBarAlignment.Left, 50);
  private readonly disposables: Owned[];

  constructor(
    private readonly approvals: Approvals,
    private readonly conversation: Conversation,
    private readonly place: () => Place,
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
    const status = statusOf(this.place(), this.conversation.page, this.approvals.pending);
    if (!status) {
      this.item.hide();
      return;
    }
    this.item.text = status.text;
    this.item.tooltip = status.tooltip;
    this.item.command = status.command;
    this.item.backgroundColor = status.calls ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.item.show();
  }
}
