// Accept these hunks only: which of a proposed change's hunks a person ticks. No VS Code in it.

import { t } from "../l10n";
import type { Approval, Hunk, HunkRef, ProposedFile } from "../protocol.generated";
import { optionFor } from "../wording";
import { countsWords, gist, whereWords } from "./wording";

export type Choice = { uri: string; hunk: Hunk; label: string; description: string };

/** Nothing to choose among: there is one hunk, or the sidecar does not know the content. */
const LEAST = 2;

/** A list of choices is wide: a label may have this many characters. */
const LABEL_LIMIT = 70;

/** The hunks that can be chosen, in the order of the files. */
export function choicesOf(files: ProposedFile[]): Choice[] {
  return files.flatMap(({ uri, hunks }) =>
    hunks
      .filter(({ hunkId }) => hunkId !== "")
      .map((hunk) => ({
        uri,
        hunk,
        label: gist(hunk, LABEL_LIMIT),
        description: `${whereWords(hunk)} · ${countsWords(hunk)}`,
      })),
  );
}

export function canChoose(approval: Approval, files: ProposedFile[]): boolean {
  return (
    approval.kind === "fileChange" && optionFor(approval, "accept") !== undefined && choicesOf(files).length >= LEAST
  );
}

/** What ticks come to: all of it, none of it, or some, with those that are refused. */
export function decisionOf(choices: Choice[], ticked: ReadonlySet<Choice>): "accept" | "decline" | HunkRef[] {
  const refused = choices.filter((choice) => !ticked.has(choice));
  if (refused.length === 0) return "accept";
  if (refused.length === choices.length) return "decline";
  return refused.map(({ uri, hunk }) => ({ uri, hunkId: hunk.hunkId }));
}

/** The button, after what is ticked. */
export function acceptWords(choices: Choice[], ticked: number): string {
  if (ticked === choices.length) return t("Accept all of it");
  if (ticked === 0) return t("Decline all of it");
  return t("Accept {0} of {1}", ticked, choices.length);
}
