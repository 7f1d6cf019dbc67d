// What a hunk, an act and an entry of the journal are called. Pure text.

import type { Hunk, JournalEntry } from "../protocol.generated";
import { baseName, linesWord, oneLine } from "../wording";

/** The most of a line that a list shows, in characters. */
const LINE_LIMIT = 44;

export function countsOf(hunk: Hunk): { added: number; removed: number } {
  const count = (kind: string) => hunk.lines.filter((line) => line.kind === kind).length;
  return { added: count("added"), removed: count("removed") };
}

/** The changed lines of a hunk in the newer text, 1-based and inclusive; `last` before `first` where none is left. */
export function changedLines(hunk: Hunk): { first: number; last: number } {
  let at = hunk.newLines === 0 ? hunk.newStart + 1 : hunk.newStart;
  let [first, last] = [Infinity, -Infinity];
  for (const { kind } of hunk.lines) {
    if (kind !== "context") first = Math.min(first, at);
    if (kind === "removed") continue;
    if (kind === "added") last = Math.max(last, at);
    at += 1;
  }
  return first === Infinity ? { first: hunk.newStart, last: hunk.newStart - 1 } : { first, last };
}

/** "line 3", "lines 3–5", "before line 3". */
export function whereWords(hunk: Hunk): string {
  const { first, last } = changedLines(hunk);
  if (last < first) return `before line ${first}`;
  return first === last ? `line ${first}` : `lines ${first}–${last}`;
}

/** "+2 −1"; a part that is nothing is left out. */
export function countsWords(hunk: Hunk): string {
  const { added, removed } = countsOf(hunk);
  return [added > 0 ? `+${added}` : "", removed > 0 ? `−${removed}` : ""].filter(Boolean).join(" ");
}

/** The first line that says what a hunk does. */
export function gist(hunk: Hunk, limit = LINE_LIMIT): string {
  if (hunk.modeChange) return `Mode ${hunk.modeChange.old} → ${hunk.modeChange.new}`;
  const says = (kind: string) => hunk.lines.find((line) => line.kind === kind && line.text.trim() !== "")?.text;
  const added = says("added");
  const text = added ?? says("removed");
  if (text === undefined) return "Empty lines";
  return added === undefined ? `− ${oneLine(text, limit).text}` : oneLine(text, limit).text;
}

export function hunksWord(count: number): string {
  return count === 1 ? "1 change" : `${count} changes`;
}

export function filesWord(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

/** The files of an entry or of a list. */
export function namesOf(uris: string[]): string {
  const [first, ...others] = uris;
  if (first === undefined) return "nothing";
  return others.length === 0
    ? baseName(first)
    : `${baseName(first)} and ${filesWord(others.length).replace(" ", " more ")}`;
}

const ACTION: Record<string, string> = {
  stage: "Staged",
  unstage: "Unstaged",
  revert: "Undone",
  keep: "Kept",
  refuse: "Left out",
  restore: "Turn undone",
};

/** What an entry did, in the past; an undo says what it took back. */
export function actionWords(entry: JournalEntry, all: JournalEntry[]): string {
  if (entry.action !== "undo") return ACTION[entry.action] ?? entry.action;
  const undone = all.find(({ journalId }) => journalId === entry.undoes);
  if (!undone) return "Taken back";
  return `Taken back: ${actionWords(undone, all)}`;
}

/** How long ago, in a word. */
export function ago(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

/** The lines of a hunk as a diff. */
export function diffOf(hunk: Hunk, limit: number): { text: string; left: string } {
  const sign = { context: " ", added: "+", removed: "-" } as const;
  const lines = hunk.lines.map(({ kind, text }) => sign[kind] + text);
  const shown = lines.slice(0, limit);
  return { text: shown.join("\n"), left: lines.length > limit ? `… ${linesWord(lines.length - limit)} more` : "" };
}
