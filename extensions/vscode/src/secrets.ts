// What must not stand in a log. No VS Code in it.

const KEYS = /("apiKey"\s*:\s*")(?:[^"\\]|\\.)*/g;

/** A text of the message trace without the keys in it. */
export function withoutKeys(text: string): string {
  return text.replace(KEYS, "$1…");
}
