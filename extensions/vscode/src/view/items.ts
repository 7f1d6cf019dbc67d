// Reading the fields of items as the app-server sends them. Its types are open, so nothing is taken on trust.

import { t } from "../l10n";
import type { ItemState } from "../protocol.generated";
import { diffCounts } from "../wording";

export type DiffLine = { kind: "added" | "removed" | "context" | "hunk"; text: string };

export type FileChange = {
  path: string;
  kind: string;
  movedTo: string | null;
  added: number;
  removed: number;
  lines: DiffLine[];
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What the person wrote: the text parts of a message, and a word for the others. */
export function userText(item: ItemState): string {
  const content = Array.isArray(item["content"]) ? item["content"].filter(isRecord) : [];
  return content
    .map((part) => (part["type"] === "text" ? stringOf(part["text"]) : `[${stringOf(part["type"]) || "attachment"}]`))
    .join("\n");
}

/** What the person wrote in words, without the parts that are something else. */
export function userWords(item: ItemState): string {
  const content = Array.isArray(item["content"]) ? item["content"].filter(isRecord) : [];
  return content
    .filter(({ type }) => type === "text")
    .map(({ text }) => stringOf(text))
    .join("\n");
}

/** What was sent along with a message: a picture by its URL or path, or the name of something else. */
export type Attachment = { kind: "url" | "path" | "name"; value: string };

export function attachmentsOf(item: ItemState): Attachment[] {
  const content = Array.isArray(item["content"]) ? item["content"].filter(isRecord) : [];
  return content.flatMap((part): Attachment[] => {
    const type = stringOf(part["type"]);
    if (type === "text") return [];
    if (type === "image" && part["url"]) return [{ kind: "url", value: stringOf(part["url"]) }];
    if (type === "localImage") return [{ kind: "path", value: stringOf(part["path"]) }];
    const mark = type === "skill" ? "$" : type === "mention" ? "@" : "";
    return [{ kind: "name", value: mark + (stringOf(part["name"]) || type || "attachment") }];
  });
}

/** What a tool was given, what it answered and why it failed, as text. */
export function toolParts(item: ItemState): { input: string; output: string; error: string } {
  const given = item["arguments"] ?? item["prompt"];
  const input = typeof given === "string" ? given : isRecord(given) ? JSON.stringify(given, null, 2) : "";
  const result = item["result"];
  const content = isRecord(result) ? result["content"] : item["contentItems"];
  const parts = Array.isArray(content) ? content.filter(isRecord) : [];
  const output = parts.map((part) => stringOf(part["text"]) || `[${stringOf(part["type"])}]`).join("\n");
  const error = item["error"];
  return { input, output, error: isRecord(error) ? stringOf(error["message"]) : stringOf(error) };
}

/** The parts of a reasoning item that have text, the summary first. */
export function reasoningText(item: ItemState): string {
  const parts = (value: unknown) => (Array.isArray(value) ? value.map(stringOf).filter(Boolean) : []);
  const summary = parts(item["summary"]);
  return (summary.length > 0 ? summary : parts(item["content"])).join("\n\n");
}

export function outputOf(item: ItemState): string {
  return stringOf(item["aggregatedOutput"]) || stringOf(item["output"]);
}

/** The lines of a unified diff, without its file header. */
export function diffLines(diff: string): DiffLine[] {
  const lines = diff.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const start = lines.findIndex((line) => line.startsWith("@@"));
  return lines.slice(Math.max(start, 0)).map((line): DiffLine => {
    if (line.startsWith("@@")) return { kind: "hunk", text: line };
    const kind = line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "context";
    return { kind, text: line };
  });
}

/** The lines of a file that is added or deleted as a whole. */
function wholeFile(content: string, kind: "added" | "removed"): DiffLine[] {
  const lines = content.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((text) => ({ kind, text: (kind === "added" ? "+" : "-") + text }));
}

/**
 * One change of a fileChange item. The app-server's own form has a `path` and, for a file added or deleted, its raw
 * content; ours has a `uri` and always a unified diff.
 */
export function fileChange(value: unknown): FileChange | null {
  if (!isRecord(value)) return null;
  const raw = typeof value["path"] === "string";
  const path = stringOf(value["path"]) || stringOf(value["uri"]);
  const kindField = value["kind"];
  const kind = isRecord(kindField) ? stringOf(kindField["type"]) : stringOf(kindField);
  const movedTo = stringOf(isRecord(kindField) ? kindField["move_path"] : value["movedTo"]) || null;
  const diff = stringOf(value["diff"]).replace(/\n\nMoved to: .*$/, "");
  const whole = raw && (kind === "add" || kind === "delete");
  const lines = whole ? wholeFile(diff, kind === "add" ? "added" : "removed") : diffLines(diff);
  const counts = whole
    ? { added: kind === "add" ? lines.length : 0, removed: kind === "delete" ? lines.length : 0 }
    : diffCounts(diff);
  return { path, kind, movedTo, ...counts, lines };
}

export function fileChanges(item: ItemState): FileChange[] {
  const changes = Array.isArray(item["changes"]) ? item["changes"] : [];
  return changes.map(fileChange).filter((change) => change !== null);
}

/** A path or `file:` URI, shortened to what is inside the thread's folder. */
export function relativePath(path: string, cwd: string | null): string {
  let plain = path;
  if (path.startsWith("file:")) {
    plain = new URL(path).pathname;
    try {
      plain = decodeURIComponent(plain);
    } catch {
      // A name that is not UTF-8: its bytes stay encoded.
    }
  }
  const root = cwd?.replace(/\/+$/, "");
  return root && plain.startsWith(root + "/") ? plain.slice(root.length + 1) : plain;
}

/** Whether a turn may have changed files: by a change that was made, or by a command that does more than look. */
export function mayHaveWritten(items: ItemState[]): boolean {
  return items.some((item) => {
    if (item.status === "declined") return false;
    if (item.type === "fileChange") return true;
    const actions = Array.isArray(item["commandActions"]) ? item["commandActions"].filter(isRecord) : [];
    return item.type === "commandExecution" && actions.some(({ type }) => type === "unknown");
  });
}

/** A short line for an item that has no display of its own. */
export function otherLine(item: ItemState): string {
  switch (item.type) {
    case "mcpToolCall":
      return `${stringOf(item["server"])}: ${stringOf(item["tool"])}`;
    case "dynamicToolCall":
    case "collabAgentToolCall":
      return t("Tool: {0}", stringOf(item["tool"]));
    case "webSearch":
      return t("Searched the web: {0}", stringOf(item["query"]));
    case "imageView":
      return t("Looked at {0}", stringOf(item["path"]));
    case "enteredReviewMode":
      return t("Review started");
    case "exitedReviewMode":
      return t("Review ended");
    case "contextCompaction":
      return t("The conversation so far was compacted");
    default:
      return item.type;
  }
}
