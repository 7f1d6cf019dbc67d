// A newer Outrigger is installed than the one that runs: offered once, since it starts by itself when nothing needs the
// running one any more.

import * as vscode from "vscode";
import type { Hello } from "../door";

const RESTART = "Restart to Update";

export class UpdateOffer {
  private offered: string | null = null;

  /** Offers it, once for each running daemon. */
  consider(hello: Hello | null): void {
    const daemon = hello?.daemon;
    if (!daemon?.newer || this.offered === daemon.version) return;
    this.offered = daemon.version;
    void this.ask();
  }

  private async ask(): Promise<void> {
    const text = "A newer Outrigger is installed. It starts when nothing needs the running one any more, or now.";
    if ((await vscode.window.showInformationMessage(text, RESTART)) !== RESTART) return;
    await vscode.commands.executeCommand("outrigger.restartToUpdate");
  }
}
