// One quiet notification for an approval that nothing on screen shows, and a word in the status bar when one ends
// without this window's doing.

import * as vscode from "vscode";
import type { Approvals, Gone } from "../approvals";
import type { Owned } from "../door";
import type { Approval, HunksRefused } from "../protocol.generated";
import { decidedWhere, decidedWord, goneText, headline, networkOf, oneLine, typedCommand } from "../wording";

/** A longer command is not decided from a notification: it would not show whole. */
const WHOLE_COMMAND = 200;
const STATUS_MS = 6_000;

export class Notifications implements vscode.Disposable {
  private readonly told = new Set<string>();
  private notified: string | null = null;
  private readonly disposables: Owned[];

  constructor(private readonly approvals: Approvals) {
    this.disposables = [
      { dispose: approvals.onChange(() => this.tell()) },
      { dispose: approvals.onResolved((gone) => void this.explain(gone)) },
      { dispose: approvals.onHunksRefused(tellRefused) },
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** A decision of this window needs no word about its end. */
  private async explain({ approval, resolved, here }: Gone): Promise<void> {
    if (here) return;
    const entry = resolved.outcome === "decided" ? await this.approvals.decisionOf(approval) : null;
    const where = decidedWhere(resolved.decidedBy, vscode.env.appName, true);
    say(goneText(approval, resolved.outcome, `${decidedWord(entry?.decision)} ${where}`));
  }

  private tell(): void {
    const pending = this.approvals.pending;
    const ids = new Set(pending.map((approval) => approval.approvalId));
    for (const id of this.told) if (!ids.has(id)) this.told.delete(id);
    if (this.notified !== null && ids.has(this.notified)) return; // One at a time: the status bar has the count.
    for (const id of this.approvals.shown) this.told.add(id);
    const unseen = pending.find(({ approvalId }) => !this.told.has(approvalId));
    this.notified = unseen?.approvalId ?? null;
    if (!unseen) return;
    this.told.add(unseen.approvalId);
    void this.ask(unseen);
  }

  private async ask(approval: Approval): Promise<void> {
    const decidable = approval.kind === "command" && wholeIn(approval);
    const choices = decidable ? ["Show", "Accept", "Decline"] : ["Show"];
    const text = oneLine(headline(approval), WHOLE_COMMAND + 40).text;
    const choice = await vscode.window.showInformationMessage(text, ...choices);
    const command = { Show: "reveal", Accept: "accept", Decline: "decline" }[choice ?? ""];
    if (command) await vscode.commands.executeCommand(`outrigger.approval.${command}`, approval.approvalId);
  }
}

function wholeIn(approval: Approval): boolean {
  return networkOf(approval) !== null || oneLine(typedCommand(approval.command ?? ""), WHOLE_COMMAND).whole;
}

/** What became of the hunks that a person of this window left out. */
function tellRefused({ hunks, failure }: HunksRefused): void {
  const count = hunks.length === 1 ? "1 change" : `${hunks.length} changes`;
  if (!failure) say(`Taken out again: ${count}, as Codex was told.`);
  else
    void vscode.window.showWarningMessage(`${count} could not be taken out and is to be reviewed: ${failure.message}`);
}

/** A word in the status bar that leaves by itself. */
export function say(text: string): void {
  vscode.window.setStatusBarMessage(`$(info) ${text}`, STATUS_MS);
}
