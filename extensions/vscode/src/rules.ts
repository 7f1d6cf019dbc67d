// Rules that Codex keeps for ever: what one would mean, judged by what was asked before. No VS Code in it.

import { t } from "./l10n";
import type { DecisionOption, HistoryEntry } from "./protocol.generated";
import { networkOf, typedCommand } from "./wording";

/** A rule is judged by so many of the last commands. */
export const JUDGED_BY = 200;

/** What a decision would keep for ever; null when it keeps nothing. */
export type Rule = { kind: "command"; words: string[] } | { kind: "network"; host: string; allows: boolean };

export function ruleOf(decision: unknown): Rule | null {
  if (typeof decision !== "object" || decision === null) return null;
  const fields = decision as Record<string, unknown>;
  const words = (fields["acceptWithExecpolicyAmendment"] as { execpolicy_amendment?: unknown } | undefined)
    ?.execpolicy_amendment;
  if (Array.isArray(words)) return { kind: "command", words: words.map(String) };
  const network = (fields["applyNetworkPolicyAmendment"] as { network_policy_amendment?: unknown } | undefined)
    ?.network_policy_amendment as { host?: unknown; action?: unknown } | undefined;
  if (!network) return null;
  return { kind: "network", host: String(network.host), allows: network.action !== "deny" };
}

/** The choice that does the same for this session only, where it is offered. */
export function onceForSession(options: DecisionOption[]): DecisionOption | undefined {
  return options.find(({ decision }) => decision === "acceptForSession");
}

/** A command's parts, word by word; null for one that is more than words, which Codex judges as a whole. */
export function partsOf(command: string): string[][] | null {
  const parts: string[][] = [[]];
  const token = /\s+|&&|\|\||[;|]|'([^']*)'|"([^"$`\\]*)"|\\(.)|([^\s'"\\$`()<>&|;{}#]+)/gy;
  let word: string | null = null;
  const endWord = () => {
    if (word !== null) parts.at(-1)?.push(word);
    word = null;
  };
  let at = 0;
  while (at < command.length) {
    token.lastIndex = at;
    const found = token.exec(command);
    if (!found) return null;
    at = token.lastIndex;
    const piece = found[1] ?? found[2] ?? found[3] ?? found[4];
    if (piece !== undefined) word = (word ?? "") + piece;
    else {
      endWord();
      if (!/^\s/.test(found[0]) || found[0].includes("\n")) parts.push([]);
    }
  }
  endWord();
  return parts.filter((part) => part.length > 0);
}

/** Whether a rule would have let a command through without a question: it must cover each part of it. */
export function wouldAllow(rule: string[], command: string): boolean {
  const parts = partsOf(typedCommand(command));
  if (parts === null || parts.length === 0) return false;
  return parts.every((part) => rule.every((word, index) => part[index] === word));
}

export type Preview = { allowed: number; of: number; declined: number };

/** What a rule would have meant for the last commands that were asked about. */
export function previewOf(rule: string[], entries: HistoryEntry[]): Preview {
  const commands = entries
    .filter(({ approval }) => approval.kind === "command" && approval.command !== null && !networkOf(approval))
    .slice(0, JUDGED_BY);
  const allowed = commands.filter(({ approval }) => wouldAllow(rule, approval.command ?? ""));
  const declined = allowed.filter(({ decision }) => decision === "decline" || decision === "cancel");
  return { allowed: allowed.length, of: commands.length, declined: declined.length };
}

export function previewWords({ allowed, of, declined }: Preview): string {
  if (of === 0) return t("No command was asked about yet, so there is nothing to judge it by.");
  if (of === 1 && declined === 0) {
    return allowed === 0
      ? t("It would not have allowed your last command.")
      : t("It would have allowed your last command.");
  }
  if (of === 1) return t("It would have allowed your last command, which you declined.");
  const many = t("It would have allowed {0} of your last {1} commands", allowed, of);
  return declined === 0 ? `${many}.` : t("{0}, {1} of which you declined.", many, declined);
}

/** What is asked before a rule is kept. */
export function ruleQuestion(rule: Rule): string {
  if (rule.kind === "command") return t("Always allow commands that begin with “{0}”?", rule.words.join(" "));
  return rule.allows
    ? t("Always allow connections to {0}?", rule.host)
    : t("Always block connections to {0}?", rule.host);
}

/** How far it reaches. */
export function ruleReach(file: string): string {
  return t("Codex keeps this rule for ever and for every project, in {0}. It ends when you take it out there.", file);
}
