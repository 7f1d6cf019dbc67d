// The journal as a list: what was done, when, to which file. Choosing an entry takes it back.

import * as path from "node:path";
import * as vscode from "vscode";
import { t } from "../l10n";
import { refusalOf } from "../door";
import type { JournalEntry } from "../protocol.generated";
import { say } from "../surfaces/notifications";
import { explain, type HunkParts, saved } from "./commands";
import { actionWords, ago, namesOf } from "./wording";

type Item = vscode.QuickPickItem & { entry: JournalEntry };

const ICON: Record<string, string> = {
  stage: "add",
  unstage: "remove",
  revert: "discard",
  keep: "check",
  refuse: "circle-slash",
  undo: "reply",
  restore: "history",
};

export async function pickJournal(parts: HunkParts): Promise<void> {
  const entries = parts.acts.journal().then((all): Item[] => all.map((entry) => itemOf(entry, all)));
  try {
    if ((await entries).length === 0) {
      say(t("Nothing was kept, staged or undone here yet."));
      return;
    }
    const placeHolder = t("Choose what to take back");
    const chosen = await vscode.window.showQuickPick(entries, {
      title: t("Hunk Journal"),
      placeHolder,
      matchOnDescription: true,
    });
    if (!chosen) return;
    const { entry } = chosen;
    if (entry.undoneBy !== null) {
      say(t("This was already taken back."));
      return;
    }
    if (entry.uris.length > 1 && !(await saved(entry.uris, t("Take Back")))) return;
    const undone = await parts.acts.undo(entry.journalId);
    if (undone.done) say(t("Taken back: {0}.", namesOf(entry.uris)));
    else if (undone.refusal.kind === "hunkStale") await stale(parts, entry);
    else explain(t("Could not take it back"), undone.refusal);
  } catch (error) {
    explain(t("Could not read the journal"), refusalOf(error));
  }
}

function itemOf(entry: JournalEntry, all: JournalEntry[]): Item {
  return {
    label: `$(${ICON[entry.action] ?? "edit"}) ${actionWords(entry, all)}: ${namesOf(entry.uris).replaceAll("$(", "$ (")}`,
    description: [
      ...folders(entry.uris),
      ago(entry.at, Date.now()),
      ...(entry.undoneBy === null ? [] : [t("taken back")]),
    ].join(" · "),
    entry,
  };
}

/** The folder of a single file. */
function folders([uri, another]: string[]): string[] {
  if (uri === undefined || another !== undefined) return [];
  const folder = path.posix.dirname(vscode.workspace.asRelativePath(vscode.Uri.parse(uri), false));
  return folder === "." ? [] : [folder];
}

/** Newer work stands where the act was: nothing is touched, and the person sees both texts. */
async function stale(parts: HunkParts, entry: JournalEntry): Promise<void> {
  const [uri] = entry.uris;
  const text = t("Not taken back: {0} changed since at these lines, and that would be lost.", namesOf(entry.uris));
  const choice = await vscode.window.showWarningMessage(text, t("Compare"));
  if (choice && uri !== undefined) await parts.diffs.showJournaled(entry.journalId, uri);
}
