// What a hunk, an act and an entry of the journal are called. Pure text.

import { t } from "../l10n";
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
  if (last < first) return t("before line {0}", first);
  return first === last ? t("line {0}", first) : t("lines {0}–{1}", first, last);
}

/** "+2 −1"; a part that is nothing is left out. */
export function countsWords(hunk: Hunk): string {
  const { added, removed } = countsOf(hunk);
  return [added > 0 ? `+${added}` : "", removed > 0 ? `−${removed}` : ""].filter(Boolean).join(" ");
}

/** The first line that says what a hunk does. */
export function gist(hunk: Hunk, limit = LINE_LIMIT): string {
  if (hunk.modeChange) return t("Mode {0} → {1}", hunk.modeChange.old, hunk.modeChange.new);
  const says = (kind: string) => hunk.lines.find((line) => line.kind === kind && line.text.trim() !== "")?.text;
  const added = says("added");
  const text = added ?? says("removed");
  if (text === undefined) return t("Empty lines");
  return added === undefined ? `− ${oneLine(text, limit).text}` : oneLine(text, limit).text;
}

export function hunksWord(count: number): string {
  return count === 1 ? t("1 change") : t("{0} changes", count);
}

export function filesWord(count: number): string {
  return count === 1 ? t("1 file") : t("{0} files", count);
}

/** The files of an entry or of a list. */
export function namesOf(uris: string[]): string {
  const [first, ...others] = uris;
  if (first === undefined) return t("nothing");
  return others.length === 0
    ? baseName(first)
    : others.length === 1
      ? t("{0} and 1 more file", baseName(first))
      : t("{0} and {1} more files", baseName(first), others.length);
}

const ACTION: Record<string, string> = {
  stage: t("Staged"),
  unstage: t("Unstaged"),
  revert: t("Undone"),
  keep: t("Kept"),
  refuse: t("Left out"),
  restore: t("Turn undone"),
};

/** What an entry did, in the past; an undo says what it took back. */
export function actionWords(entry: JournalEntry, all: JournalEntry[]): string {
  if (entry.action !== "undo") return ACTION[entry.action] ?? entry.action;
  const undone = all.find(({ journalId }) => journalId === entry.undoes);
  if (!undone) return t("Taken back");
  return t("Taken back: {0}", actionWords(undone, all));
}

/** How long ago, in a word. */
export function ago(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return t("just now");
  if (minutes < 60) return t("{0} min ago", minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return t("{0} h ago", hours);
  const days = Math.floor(hours / 24);
  return days === 1 ? t("yesterday") : t("{0} days ago", days);
}

/** The lines of a hunk as a diff. */
export function diffOf(hunk: Hunk, limit: number): { text: string; left: string } {
  const sign = { context: " ", added: "+", removed: "-" } as const;
  const lines = hunk.lines.map(({ kind, text }) => sign[kind] + text);
  const shown = lines.slice(0, limit);
  return { text: shown.join("\n"), left: lines.length > limit ? t("… {0} more", linesWord(lines.length - limit)) : "" };
}
