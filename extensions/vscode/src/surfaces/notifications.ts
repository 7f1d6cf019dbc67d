// One quiet notification for an approval that nothing on screen shows, and a word in the status bar when one ends
// without this window's doing.

import * as vscode from "vscode";
import type { Approvals, Gone } from "../approvals";
import type { Owned } from "../door";
import { hunksWord } from "../hunks/wording";
import { t } from "../l10n";
import type { Approval, HunksRefused } from "../protocol.generated";
import { type ThreadNames, threadWords } from "../threadNames";
import { decidedWhere, decidedWord, goneText, headline, networkOf, oneLine, typedCommand } from "../wording";
import { systemNotice } from "./systemNotice";

/** A longer command is not decided from a notification: it would not show whole. */
const WHOLE_COMMAND = 200;
const STATUS_MS = 6_000;

export class Notifications implements vscode.Disposable {
  private readonly told = new Set<string>();
  /** Told while no window was in front. */
  private readonly called = new Set<string>();
  private notified: string | null = null;
  private readonly disposables: Owned[];

  constructor(
    private readonly approvals: Approvals,
    private readonly threads: ThreadNames,
  ) {
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
    for (const known of [this.told, this.called]) for (const id of known) if (!ids.has(id)) known.delete(id);
    if (!vscode.window.state.focused) {
      for (const approval of pending) void this.call(approval);
      return;
    }
    if (this.notified !== null && ids.has(this.notified)) return; // One at a time: the status bar has the count.
    for (const id of this.approvals.shown) this.told.add(id);
    const unseen = pending.find(({ approvalId }) => !this.told.has(approvalId));
    this.notified = unseen?.approvalId ?? null;
    if (!unseen) return;
    this.told.add(unseen.approvalId);
    void this.ask(unseen);
  }

  /**
   * The person looks elsewhere, so what is on the screen says nothing to them. Who passes by may read this: it says
   * which thread waits, and not what for.
   */
  private async call({ approvalId, threadId, cwd }: Approval): Promise<void> {
    if (this.called.has(approvalId)) return;
    this.called.add(approvalId);
    this.told.add(approvalId);
    const name = threadWords(threadId === null ? null : await this.threads.of(threadId), cwd) ?? "Codex";
    const text = t("“{0}” waits for you", oneLine(name, 80).text);
    systemNotice("Outrigger", text);
    const show = t("Show");
    if ((await vscode.window.showInformationMessage(text, show)) !== show) return;
    await vscode.commands.executeCommand("outrigger.approval.reveal", approvalId);
  }

  private async ask(approval: Approval): Promise<void> {
    const decidable = approval.kind === "command" && wholeIn(approval);
    const commands = new Map([[t("Show"), "reveal"]]);
    if (decidable) commands.set(t("Accept"), "accept").set(t("Decline"), "decline");
    const text = oneLine(headline(approval), WHOLE_COMMAND + 40).text;
    const command = commands.get((await vscode.window.showInformationMessage(text, ...commands.keys())) ?? "");
    if (command) await vscode.commands.executeCommand(`outrigger.approval.${command}`, approval.approvalId);
  }
}

function wholeIn(approval: Approval): boolean {
  return networkOf(approval) !== null || oneLine(typedCommand(approval.command ?? ""), WHOLE_COMMAND).whole;
}

/** What became of the hunks that a person of this window left out. */
function tellRefused({ hunks, failure }: HunksRefused): void {
  const count = hunksWord(hunks.length);
  if (!failure) say(t("Taken out again: {0}, as Codex was told.", count));
  else
    void vscode.window.showWarningMessage(
      t("{0} could not be taken out and is to be reviewed: {1}", count, failure.message),
    );
}

/** A word in the status bar that leaves by itself. */
export function say(text: string): void {
  vscode.window.setStatusBarMessage(`$(info) ${text}`, STATUS_MS);
}
