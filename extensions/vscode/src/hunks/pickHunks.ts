// Accept these hunks only: a list with all of them ticked, over the diff that shows them.

import * as vscode from "vscode";
import { t } from "../l10n";
import type { Approval, HunkRef } from "../protocol.generated";
import { say } from "../surfaces/notifications";
import { type ProposedDiff, queryOf } from "../surfaces/proposedDiff";
import type { Proposals } from "../surfaces/proposals";
import { acceptWords, canChoose, type Choice, choicesOf, decisionOf } from "./choice";
import { changedLines } from "./wording";

type Item = vscode.QuickPickItem & { choice?: Choice };

/** What the person decides; undefined when they close the list. */
export async function pickHunks(
  approval: Approval,
  proposals: Proposals,
  diff: ProposedDiff,
): Promise<"accept" | "decline" | HunkRef[] | undefined> {
  const files = await proposals.content(approval);
  if (!canChoose(approval, files)) {
    say(t("There is nothing to choose among: this change is one piece."));
    return undefined;
  }
  await diff.show(approval.approvalId, true);
  const choices = choicesOf(files);
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = t("Accept only what is ticked. The change lands whole; the rest is taken out at once.");
  picker.canSelectMany = true;
  picker.ignoreFocusOut = true;
  picker.matchOnDescription = true;
  picker.items = itemsOf(choices);
  picker.selectedItems = picker.items.filter(({ choice }) => choice);
  const tell = () => {
    picker.placeholder = acceptWords(choices, picker.selectedItems.length);
  };
  tell();
  picker.onDidChangeSelection(tell);
  picker.onDidChangeActive(([item]) => item?.choice && reveal(approval.approvalId, item.choice));
  picker.show();
  const ticked = await new Promise<Set<Choice> | undefined>((resolve) => {
    picker.onDidAccept(() => resolve(new Set(picker.selectedItems.flatMap(({ choice }) => choice ?? []))));
    picker.onDidHide(() => resolve(undefined));
  });
  picker.dispose();
  return ticked && decisionOf(choices, ticked);
}

function itemsOf(choices: Choice[]): Item[] {
  const several = new Set(choices.map(({ uri }) => uri)).size > 1;
  let before: string | null = null;
  return choices.flatMap((choice) => {
    const item: Item = { label: choice.label.replaceAll("$(", "$ ("), description: choice.description, choice };
    if (!several || choice.uri === before) return [item];
    before = choice.uri;
    const label = vscode.workspace.asRelativePath(vscode.Uri.parse(choice.uri));
    return [{ label, kind: vscode.QuickPickItemKind.Separator }, item];
  });
}

/** Brings a hunk into sight behind the list. */
function reveal(approvalId: string, { uri, hunk }: Choice): void {
  const line = Math.max(changedLines(hunk).first - 1, 0);
  for (const editor of vscode.window.visibleTextEditors) {
    const query = queryOf(editor.document.uri);
    if (query?.[0] !== approvalId || query[1] !== uri || query[2] !== "new") continue;
    editor.revealRange(new vscode.Range(line, 0, line, 0), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }
}
