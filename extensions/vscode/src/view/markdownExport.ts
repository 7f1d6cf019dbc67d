// A thread as a Markdown file. No VS Code in it.

import type { ItemState, ThreadState, TurnState } from "../protocol.generated";
import { t } from "../l10n";
import { typedCommand } from "../wording";
import { fileChanges, otherLine, outputOf, reasoningText, relativePath, stringOf, toolParts, userText } from "./items";
import { errorText, planOf } from "./rows";

export function markdownOf(thread: ThreadState, name: string): string {
  const head = [`# ${name.replace(/\s+/g, " ").trim() || t("Thread")}`];
  const facts = [
    thread.cwd ? t("Folder: {0}", `\`${thread.cwd}\``) : "",
    thread.model ? t("Model: {0}", thread.model) : "",
  ];
  const said = facts.filter(Boolean).map((fact) => `- ${fact}`);
  return `${[...head, said.join("\n"), ...thread.turns.flatMap((turn) => turnParts(turn, thread.cwd))].filter(Boolean).join("\n\n")}\n`;
}

function turnParts(turn: TurnState, cwd: string | null): string[] {
  const plan = planOf(turn);
  const steps = plan?.steps.map(({ step, status }) => `- [${status === "completed" ? "x" : " "}] ${step}`) ?? [];
  const error = errorText(turn);
  return [
    ...turn.items.map((item) => itemPart(item, cwd)),
    steps.length > 0 ? `**${t("Plan")}**\n\n${steps.join("\n")}` : "",
    error ? `> **${t("Error:")}** ${error.replaceAll("\n", "\n> ")}` : "",
    turn.status === "interrupted" ? `> ${t("Interrupted")}` : "",
  ];
}

function itemPart(item: ItemState, cwd: string | null): string {
  switch (item.type) {
    case "userMessage":
      return `## ${t("You")}\n\n${userText(item)}`;
    case "agentMessage":
    case "plan":
      return `## Codex\n\n${stringOf(item["text"])}`;
    case "reasoning":
      return folded(t("Reasoning"), reasoningText(item));
    case "commandExecution":
      return command(item);
    case "fileChange":
      return fileChanges(item)
        .map((change) => {
          const verb = { add: t("Created"), delete: t("Deleted") }[change.kind] ?? t("Changed");
          return `${verb} \`${relativePath(change.path, cwd)}\`${state(item)}\n\n${fenced(change.lines.map(({ text }) => text).join("\n"), "diff")}`;
        })
        .join("\n\n");
    case "mcpToolCall":
    case "dynamicToolCall":
    case "collabAgentToolCall": {
      const { input, output, error } = toolParts(item);
      const parts = [otherLine(item), input && fenced(input, "json"), output && fenced(output, ""), error];
      return parts.filter(Boolean).join("\n\n");
    }
    default:
      return `*${otherLine(item)}*`;
  }
}

function command(item: ItemState): string {
  const exitCode = item["exitCode"];
  const failed = typeof exitCode === "number" && exitCode !== 0 ? ` (${t("exit {0}", exitCode)})` : "";
  const output = outputOf(item);
  const ran = fenced(typedCommand(stringOf(item["command"])), "sh");
  return `${t("Ran")}${failed}${state(item)}\n\n${ran}${output ? `\n\n${fenced(output.trimEnd(), "")}` : ""}`;
}

function state({ status }: ItemState): string {
  return status === "declined" ? ` (${t("declined")})` : "";
}

/** A fence that is longer than any in the text, so that the text can't end it. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function folded(title: string, text: string): string {
  return text ? `<details><summary>${title}</summary>\n\n${text}\n\n</details>` : "";
}
