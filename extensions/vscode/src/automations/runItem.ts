// A run as a row of a list.

import * as vscode from "vscode";
import { t } from "../l10n";
import type { Automation, AutomationRun } from "../protocol.generated";
import { isOpen, runRow, runSign, runTitle, runTooltip, type Sign } from "./wording";

export function themeIcon({ icon, color }: Sign): vscode.ThemeIcon {
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
}

export function runItem(run: AutomationRun, automation: Automation | undefined): vscode.TreeItem {
  const { language } = vscode.env;
  const zone = automation?.timezone;
  const item = new vscode.TreeItem(runTitle(run, automation?.name));
  item.id = `run:${run.runId}`;
  item.description = runRow(run, zone, language);
  item.tooltip = runTooltip(run, zone, language);
  item.iconPath = themeIcon(runSign(run));
  item.contextValue = runContext(run);
  item.command = { title: t("Open"), command: "outrigger.run.open", arguments: [{ runId: run.runId }] };
  return item;
}

/** What its menu offers. */
export function runContext(run: AutomationRun): string {
  return [
    "run",
    ...(run.threadId !== null && run.turnId !== null ? ["turn"] : []),
    ...(isOpen(run) ? ["open"] : []),
    ...(run.worktree === null ? [] : ["worktree"]),
  ].join(" ");
}
