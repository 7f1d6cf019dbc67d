// A notification of the system itself, where VS Code runs on the person's own machine.

import { execFile } from "node:child_process";
import * as vscode from "vscode";
import * as settings from "../settings";

const NOTICE_MS = 5_000;
/** The texts are arguments, never part of the script. */
const SCRIPT = ["on run argv", "display notification (item 1 of argv) with title (item 2 of argv)", "end run"];

/** Says it if it can; the window says it in any case. */
export function systemNotice(title: string, text: string): void {
  const here = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  if (!here || !settings.systemNotifications()) return;
  const command = {
    linux: ["notify-send", "--app-name=Outrigger", "--", title, text],
    darwin: ["osascript", ...SCRIPT.flatMap((line) => ["-e", line]), text, title],
  }[process.platform as string];
  const [program, ...args] = command ?? [];
  // A system without it has none.
  if (program !== undefined) execFile(program, args, { timeout: NOTICE_MS }, () => undefined);
}
