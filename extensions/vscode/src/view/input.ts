// A message as the app-server takes it, and back. No VS Code in it.

import type { UserInput } from "../door";
import type { Message } from "./messages";

/** A skill that may be called by its name: `$review`. */
export type Skill = { name: string; path: string };

/** The parts of a message: what is written, the skills that it names, and the pictures. */
export function inputOf({ text, pictures }: Message, skills: Skill[] = []): UserInput[] {
  const named = new Set([...text.matchAll(/(?:^|\s)\$([\w-]+)/g)].map(([, name]) => name));
  return [
    ...(text.trim() ? [{ type: "text" as const, text, text_elements: [] as [] }] : []),
    ...skills.filter(({ name }) => named.has(name)).map(({ name, path }) => ({ type: "skill" as const, name, path })),
    ...pictures.map((url) => ({ type: "image" as const, url })),
  ];
}

/** What a person wrote into a message, from its parts. */
export function messageOf(input: unknown): Message {
  const parts = Array.isArray(input) ? (input as { type?: unknown; text?: unknown; url?: unknown }[]) : [];
  return {
    text: parts.flatMap(({ text }) => (typeof text === "string" ? [text] : [])).join("\n"),
    pictures: parts.flatMap(({ type, url }) => (type === "image" && typeof url === "string" ? [url] : [])),
  };
}
