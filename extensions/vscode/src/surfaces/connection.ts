// What a person is told of the connection to Outrigger: that it was lost and is back, and that a newer build waits.

import * as vscode from "vscode";
import { t } from "../l10n";
import type { Hello, LinkState } from "../door";
import { say } from "./notifications";

const RESTART = t("Restart to Update");

export class Connection {
  private offered: string | null = null;

  constructor(private readonly hello: () => Hello | null) {}

  follow(link: LinkState): void {
    if (link.state !== "running") return;
    if (link.recovered) say(t("Outrigger ended and was started again. The thread shows what was interrupted."));
    const daemon = this.hello()?.daemon;
    if (!daemon?.newer || this.offered === daemon.version) return;
    this.offered = daemon.version;
    void this.offer();
  }

  /** Once for each daemon: the newer build starts by itself when nothing needs the running one any more. */
  private async offer(): Promise<void> {
    const text = t("A newer Outrigger is installed. It starts when nothing needs the running one any more, or now.");
    if ((await vscode.window.showInformationMessage(text, RESTART)) !== RESTART) return;
    await vscode.commands.executeCommand("outrigger.restartToUpdate");
  }
}
