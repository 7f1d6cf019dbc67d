// A turn as a whole: all that it did in one diff, and all of it taken back.

import * as vscode from "vscode";
import { refusalOf } from "../door";
import { say } from "../surfaces/notifications";
import type { Conversation } from "../view/conversation";
import { userText } from "../view/items";
import { oneLine } from "../wording";
import { explain, type HunkParts, offerBack, saved } from "./commands";
import { filesWord, namesOf } from "./wording";

type Turn = { threadId: string; turnId: string };

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

/** The turn that is named, else the last one of the open thread. */
function turnOf(conversation: Conversation, [turnId]: unknown[]): (Turn & { prompt: string }) | undefined {
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
    say("Open a thread first: its last turn is reviewed.");
    return;
  }
  try {
    const title = turn.prompt ? `Codex: ${turn.prompt}` : "What Codex did";
    const count = await parts.diffs.showTurn(turn.threadId, turn.turnId, title);
    if (count === 0) say("This turn changed no files.");
  } catch (error) {
    explain("show what the turn did", refusalOf(error));
  }
}

async function undo(parts: HunkParts, conversation: Conversation, args: unknown[]): Promise<void> {
  const turn = turnOf(conversation, args);
  if (!turn) {
    say("Open a thread first: its last turn is undone.");
    return;
  }
  const { threadId, turnId } = turn;
  try {
    const { files } = await parts.door.request("outrigger/turn/diff", { threadId, turnId });
    const uris = files.map(({ uri }) => uri);
    if (uris.length === 0) {
      say("This turn changed no files.");
      return;
    }
    if (!(await confirmed(uris)) || !(await saved(uris, "Undo the Turn"))) return;
    const undone = await parts.door.request("outrigger/turn/undo", { threadId, turnId });
    parts.files.refreshAll();
    void parts.review.refresh();
    await tell(parts, undone);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.kind === "hunkStale") await refused(refusal.data["uris"], turnId);
    else explain("undo the turn", refusal);
  }
}

async function confirmed(uris: string[]): Promise<boolean> {
  const text = `Undo all that this turn did in ${filesWord(uris.length)}?`;
  const names = uris.slice(0, NAMES).map((uri) => vscode.workspace.asRelativePath(vscode.Uri.parse(uri)));
  const more = uris.length > NAMES ? [`and ${filesWord(uris.length - NAMES)} more`] : [];
  const also = "What commands of the turn did to files is undone too. It can be taken back.";
  const detail = [...names, ...more, "", also].join("\n");
  return (await vscode.window.showWarningMessage(text, { modal: true, detail }, "Undo Turn")) === "Undo Turn";
}

async function tell(
  parts: HunkParts,
  { journalId, uris, leftOut }: { journalId: string | null; uris: string[]; leftOut: string[] },
): Promise<void> {
  if (leftOut.length > 0) {
    void vscode.window.showWarningMessage(
      `Not undone, since too large to be kept or outside of this window: ${leftOut.join(", ")}.`,
    );
  }
  if (journalId === null) {
    say("Everything is already as it was before the turn.");
    return;
  }
  await offerBack(parts, `${asBefore(uris)} before the turn.`, [{ done: true, journalId }]);
}

function asBefore(uris: string[]): string {
  return uris.length === 1 ? `${namesOf(uris)} is as it was` : `${filesWord(uris.length)} are as they were`;
}

/** Somebody wrote since: nothing was touched, and the person sees the turn beside what is there. */
async function refused(data: unknown, turnId: string): Promise<void> {
  const uris = Array.isArray(data) ? data.filter((uri) => typeof uri === "string") : [];
  const text = `The turn was not undone: ${namesOf(uris)} changed since, and that would be lost.`;
  if ((await vscode.window.showWarningMessage(text, "Review Turn")) !== "Review Turn") return;
  await vscode.commands.executeCommand("outrigger.turn.review", turnId);
}
