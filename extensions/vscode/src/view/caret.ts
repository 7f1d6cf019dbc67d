// What is being typed at the cursor, and what the arrow up brings back. No DOM in it.

import type { ThreadState } from "../protocol.generated";
import { userWords } from "./items";

/** A word that asks for suggestions: where it begins, and what it is with its mark. */
export type Asked = { from: number; query: string };

/** The word before the cursor, if it is one that looks for something: `@file`, `$skill`, or `/command` at the start. */
export function askedAt(text: string, cursor: number): Asked | null {
  const before = text.slice(0, cursor);
  const word = /(?:^|\s)([@$][^\s@$]*)$/.exec(before)?.[1] ?? /^(\/[\w-]*)$/.exec(before)?.[1];
  return word === undefined ? null : { from: cursor - word.length, query: word };
}

/** What a person wrote in a thread, the last first and each once: what the arrow up goes through. */
export function written(thread: ThreadState | null): string[] {
  const texts: string[] = [];
  const seen = new Set<string>();
  for (const turn of [...(thread?.turns ?? [])].reverse()) {
    for (const item of [...turn.items].reverse()) {
      const text = item.type === "userMessage" ? userWords(item) : "";
      if (text && !seen.has(text)) texts.push(text);
      seen.add(text);
    }
  }
  return texts;
}

/** A text as a quotation in Markdown, and where to write on. */
export function quoted(text: string, before: string): string {
  const quote = text
    .trim()
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
  return `${before.trim() ? `${before.trimEnd()}\n\n` : ""}${quote}\n\n`;
}

/** How full the context is, from what the app-server says of it; null where it does not say. */
export function contextUsed(usage: unknown): { percent: number; tokens: number; window: number } | null {
  const { last, modelContextWindow } = (usage ?? {}) as {
    last?: { totalTokens?: unknown };
    modelContextWindow?: unknown;
  };
  const tokens = last?.totalTokens;
  if (typeof tokens !== "number" || typeof modelContextWindow !== "number" || modelContextWindow <= 0) return null;
  const percent = Math.min(Math.round((tokens / modelContextWindow) * 100), 100);
  return { percent, tokens, window: modelContextWindow };
}
