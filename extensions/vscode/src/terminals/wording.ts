// What is said about terminals. No VS Code in it.

import { t } from "../l10n";
import type { Terminal, TerminalProcess } from "../protocol.generated";
import { baseName, oneLine } from "../wording";

const COMMAND_LIMIT = 60;
/** So many of a terminal's programs are named. */
const NAMED = 3;

/** A terminal's name on its tab: as its program says, else as it was given. */
export function tabName({ title, name }: Pick<Terminal, "title" | "name">): string {
  return oneLine(title, 80).text || name;
}

/** "npm run dev, sleep 60 and 2 more" */
export function processNames(processes: TerminalProcess[]): string {
  const names = processes.slice(0, NAMED).map(({ command }) => oneLine(command, COMMAND_LIMIT).text);
  const more = processes.length - names.length;
  return more > 0 ? t("{0} and {1} more", names.join(", "), more) : names.join(", ");
}

export function stillRuns(processes: TerminalProcess[], name: string): string {
  return t("“{0}” was closed, but this still runs in it: {1}", name, processNames(processes));
}

/** What outlived the end of a terminal; null when nothing did. */
export function leftBehind(left: TerminalProcess[], survived: TerminalProcess[]): string | null {
  const named = (processes: TerminalProcess[]) =>
    processes.map(({ pid, command }) => `${oneLine(command, COMMAND_LIMIT).text} (${pid})`).join(", ");
  if (survived.length > 0) return t("This could not be ended: {0}", named(survived));
  if (left.length > 0) return t("The terminal has ended. What had left it goes on: {0}", named(left));
  return null;
}

/** The line below a terminal in which nothing runs any more. */
export function endedLine({ status, exitCode, signal }: Pick<Terminal, "status" | "exitCode" | "signal">): string {
  if (status === "restored") {
    return t("Outrigger ended while this ran. Press Enter to start your shell again here.");
  }
  if (signal !== null) return t("Ended by signal {0}. Press any key to close.", signal);
  return t("Ended with code {0}. Press any key to close.", exitCode ?? 0);
}

/** Where a terminal is, in a word: its folder and how it is. */
export function whereWords({ cwd, status, exitCode }: Pick<Terminal, "cwd" | "status" | "exitCode">): string {
  const folder = baseName(cwd);
  if (status === "restored") return t("{0}: ended with Outrigger, can be started again", folder);
  if (status === "exited") return t("{0}: ended with code {1}", folder, exitCode ?? 0);
  return folder;
}
