// A turn as a whole: all that it did in one diff, and all of it taken back.

import * as vscode from "vscode";
import { t } from "../l10n";
import { refusalOf } from "../door";
import { say } from "../surfaces/notifications";
import type { Conversation } from "../view/conversation";
import { userText } from "../view/items";
import { oneLine } from "../wording";
import { explain, type HunkParts, offerBack, saved } from "./commands";
import { filesWord, namesOf } from "./wording";

type Turn = { threadId: string; turnId: string };
/** A turn that a list names, with the words for its title. */
type NamedTurn = Turn & { prompt: string };

/** A prompt in a title, in characters. */
const PROMPT_LIMIT = 40;
/** Files that a question names one by one. */
const NAMES = 8;

export function turnCommands(
  parts: HunkParts,
  conversation: Conversation,
): Record<string, (...args: unknown[]) => unknown> {
  return {
    "outrigger.turn.review": (...args) => review(parts, conversation, args),
    "outrigger.turn.undo": (...args) => undo(parts, conversation, args),
  };
}

/** The turn that is named, by its id one of the open thread, else the last one there. */
function turnOf(conversation: Conversation, [named]: unknown[]): NamedTurn | undefined {
  if (typeof named === "object" && named !== null && "turnId" in named) return named as NamedTurn;
  const turnId = named;
  const { thread } = conversation;
  const turn =
    typeof turnId === "string" ? thread?.turns.find((found) => found.turnId === turnId) : thread?.turns.at(-1);
  if (!thread || !turn) return undefined;
  const said = turn.items.find(({ type }) => type === "userMessage");
  const prompt = oneLine(said ? userText(said) : "", PROMPT_LIMIT).text;
  return { threadId: thread.threadId, turnId: turn.turnId, prompt };
}

async function review(parts: HunkParts, conversation: Conversation, args: unknown[]): Promise<void> {
  const turn = turnOf(conversation, args);
  if (!turn) {
    say(t("Open a thread first: its last turn is reviewed."));
    return;
  }
  try {
    const title = turn.prompt ? "Codex: " + turn.prompt : t("What Codex did");
    const count = await parts.diffs.showTurn(turn.threadId, turn.turnId, title);
    if (count === 0) say(t("This turn changed no files."));
  } catch (error) {
    explain(t("Could not show what the turn did"), refusalOf(error));
  }
}

async function undo(parts: HunkParts, conversation: Conversation, args: unknown[]): Promise<void> {
  const turn = turnOf(conversation, args);
  if (!turn) {
    say(t("Open a thread first: its last turn is undone."));
    return;
  }
  const { threadId, turnId } = turn;
  try {
    const { files } = await parts.door.request("outrigger/turn/diff", { threadId, turnId });
    const uris = files.map(({ uri }) => uri);
    if (uris.length === 0) {
      say(t("This turn changed no files."));
      return;
    }
    if (!(await confirmed(uris)) || !(await saved(uris, t("Undo the Turn")))) return;
    const undone = await parts.door.request("outrigger/turn/undo", { threadId, turnId });
    parts.files.refreshAll();
    void parts.review.refresh();
    await tell(parts, undone);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.kind === "hunkStale") await refused(refusal.data["uris"], turnId);
    else explain(t("Could not undo the turn"), refusal);
  }
}

async function confirmed(uris: string[]): Promise<boolean> {
  const text = t("Undo all that this turn did in {0}?", filesWord(uris.length));
  const names = uris.slice(0, NAMES).map((uri) => vscode.workspace.asRelativePath(vscode.Uri.parse(uri)));
  const more = uris.length > NAMES ? [t("and {0} more", filesWord(uris.length - NAMES))] : [];
  const also = t("What commands of the turn did to files is undone too. It can be taken back.");
  const detail = [...names, ...more, "", also].join("\n");
  const yes = t("Undo Turn");
  return (await vscode.window.showWarningMessage(text, { modal: true, detail }, yes)) === yes;
}

async function tell(
  parts: HunkParts,
  { journalId, uris, leftOut }: { journalId: string | null; uris: string[]; leftOut: string[] },
): Promise<void> {
  if (leftOut.length > 0) {
    void vscode.window.showWarningMessage(
      t("Not undone, since too large to be kept or outside of this window: {0}.", leftOut.join(", ")),
    );
  }
  if (journalId === null) {
    say(t("Everything is already as it was before the turn."));
    return;
  }
  await offerBack(parts, asBefore(uris), [{ done: true, journalId }]);
}

function asBefore(uris: string[]): string {
  if (uris.length === 1) return t("{0} is as it was before the turn.", namesOf(uris));
  return t("{0} are as they were before the turn.", filesWord(uris.length));
}

/** Somebody wrote since: nothing was touched, and the person sees the turn beside what is there. */
async function refused(data: unknown, turnId: string): Promise<void> {
  const uris = Array.isArray(data) ? data.filter((uri) => typeof uri === "string") : [];
  const text = t("The turn was not undone: {0} changed since, and that would be lost.", namesOf(uris));
  const look = t("Review Turn");
  if ((await vscode.window.showWarningMessage(text, look)) !== look) return;
  await vscode.commands.executeCommand("outrigger.turn.review", turnId);
}
