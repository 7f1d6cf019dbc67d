// Getting the Codex CLI: in an ordinary terminal, where the person sees and can stop what runs.

import * as vscode from "vscode";
import { t } from "./l10n";

const COMMAND = "npm install -g @openai/codex";

export function installCodex(): void {
  const terminal = vscode.window.createTerminal({
    name: t("Install Codex"),
    iconPath: new vscode.ThemeIcon("package"),
  });
  terminal.show();
  terminal.sendText(COMMAND, true);
}
