// A rule is shown as what it is before Codex keeps it: how far it reaches, and what it would have let through.

import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Door } from "../door";
import { t } from "../l10n";
import type { Approval, HistoryEntry } from "../protocol.generated";
import { JUDGED_BY, onceForSession, previewOf, previewWords, type Rule, ruleQuestion, ruleReach } from "../rules";

/** Pages of the audit trail that are read to find enough commands. */
const PAGES = 5;
const PAGE = 1_000;

/** Where Codex keeps its rules. */
function rulesFile(): vscode.Uri {
  const home = process.env["CODEX_HOME"] ?? path.join(os.homedir(), ".codex");
  return vscode.Uri.file(path.join(home, "rules", "default.rules"));
}

/** A path as a person says it. */
function spoken(uri: vscode.Uri): string {
  const home = os.homedir();
  return uri.fsPath.startsWith(home + path.sep) ? `~${uri.fsPath.slice(home.length)}` : uri.fsPath;
}

/** Opens the file in which rules are removed. */
export async function openRules(): Promise<void> {
  const uri = rulesFile();
  try {
    await vscode.window.showTextDocument(uri);
  } catch {
    void vscode.window.showInformationMessage(t("No rule is kept yet: there is no {0}.", spoken(uri)));
  }
}

/** What the person decides when they see what the rule is; undefined when they leave it open. */
export async function confirmRule(door: Door, approval: Approval, rule: Rule, decision: unknown): Promise<unknown> {
  const preview = rule.kind === "command" ? previewWords(previewOf(rule.words, await history(door))) : "";
  const detail = [ruleReach(spoken(rulesFile())), preview].filter(Boolean).join("\n\n");
  const session = onceForSession(approval.options);
  const [keep, once, open] = [t("Keep for Ever"), t("For This Session Only"), t("Open Rules File")];
  // What Enter does ends with the session, where that is offered.
  const choices = [...(session ? [once] : []), keep, open];
  const choice = await vscode.window.showWarningMessage(ruleQuestion(rule), { modal: true, detail }, ...choices);
  if (choice === open) await openRules();
  if (choice === once) return session?.decision;
  return choice === keep ? decision : undefined;
}

async function history(door: Door): Promise<HistoryEntry[]> {
  const found: HistoryEntry[] = [];
  let cursor: string | null = null;
  try {
    for (let page = 0; page < PAGES; page += 1) {
      const params: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor === null ? {} : { cursor }) };
      const { entries, nextCursor } = await door.request("outrigger/approval/history", params);
      found.push(...entries);
      cursor = nextCursor;
      if (cursor === null || found.filter(({ approval }) => approval.kind === "command").length >= JUDGED_BY) break;
    }
  } catch {
    // Without the trail the rule is shown all the same.
  }
  return found;
}
