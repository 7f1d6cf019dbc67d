// What a pending approval is called, wherever it is shown. Pure text: every surface says the same words.

import { t } from "./l10n";
import type { Approval, DecisionOption, ProposedChange } from "./protocol.generated";

export type Action = "accept" | "acceptForSession" | "decline" | "cancel";

export function optionFor(approval: Approval, action: Action): DecisionOption | undefined {
  return approval.options.find((option) => option.decision === action);
}

/** The last part of a path or a `file:` URI. */
export function baseName(place: string): string {
  const name = place.split(/[/\\]/).filter(Boolean).at(-1) ?? place;
  if (!place.startsWith("file:")) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/**
 * The command as a person would type it: `/bin/bash -lc 'touch a'` is `touch a`. Anything that is not exactly one
 * shell with one quoted word stays as it is.
 */
export function typedCommand(command: string): string {
  const wrapped = /^(?:\/usr)?\/bin\/(?:ba|z)?sh -l?c ([\s\S]+)$/.exec(command)?.[1];
  return (wrapped && unquoted(wrapped)) ?? command;
}

function unquoted(word: string): string | null {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  let plain = "";
  for (let at = 0; at < word.length;) {
    const part = /^'([^']*)'|^"([^"$`\\]*)"/.exec(word.slice(at));
    if (!part) return null;
    plain += part[1] ?? part[2] ?? "";
    at += part[0].length;
  }
  return plain;
}

type Network = { host: string; protocol: string | null };

export function networkOf(approval: Approval): Network | null {
  const network = approval.network as { host?: unknown; protocol?: unknown } | null;
  if (typeof network?.host !== "string") return null;
  return { host: network.host, protocol: typeof network.protocol === "string" ? network.protocol : null };
}

export function linesWord(count: number): string {
  return count === 1 ? t("1 line") : t("{0} lines", count);
}

/** Added and removed lines of a unified diff. */
export function diffCounts(diff: string): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  let inHunk = false;
  for (const line of diff.split("\n")) {
    if (line.startsWith("@@")) inHunk = true;
    else if (!inHunk) continue;
    else if (line.startsWith("+")) added += 1;
    else if (line.startsWith("-")) removed += 1;
  }
  return { added, removed };
}

function changeHeadline(change: ProposedChange): string {
  const name = baseName(change.uri);
  if (change.kind === "add") return t("Codex wants to create {0}", name);
  if (change.kind === "delete") return t("Codex wants to delete {0}", name);
  if (change.movedTo && diffCounts(change.diff).added === 0) {
    return t("Codex wants to move {0} to {1}", name, baseName(change.movedTo));
  }
  return t("Codex wants to change {0}", name);
}

/** One sentence without its end: "Codex wants to run: npm test". */
export function headline(approval: Approval): string {
  switch (approval.kind) {
    case "command": {
      const network = networkOf(approval);
      if (network) return t("Codex wants to connect to {0}", network.host);
      return t("Codex wants to run: {0}", typedCommand(approval.command ?? t("a command")));
    }
    case "fileChange": {
      const changes = approval.changes ?? [];
      const [only] = changes;
      if (only && changes.length === 1) return changeHeadline(only);
      return changes.length > 1
        ? t("Codex wants to change {0} files", changes.length)
        : t("Codex wants to change files");
    }
    case "question":
      return t("Codex has a question");
    case "permissions":
      return t("Codex asks for permissions");
    case "elicitation":
      return t("A tool of Codex asks for input");
    case "toolCall":
      return t("Codex wants to use a tool");
    default:
      return t("Codex waits for you");
  }
}

/** A command on one line, at most `limit` characters; `whole` is false when something is left out. */
export function oneLine(text: string, limit: number): { text: string; whole: boolean } {
  const flat = text.trim().replace(/\s*\n\s*/g, " ⏎ ");
  if (flat.length <= limit) return { text: flat, whole: true };
  // A cut must not leave half of a surrogate pair.
  return { text: flat.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "") + "…", whole: false };
}

/** An option by what it does. An amendment says how far it reaches: the app-server keeps it for ever. */
export function optionLabel(option: DecisionOption): string {
  const decision = option.decision as Record<string, unknown> | string | null;
  if (typeof decision === "object" && decision !== null) {
    const rule = (decision["acceptWithExecpolicyAmendment"] as { execpolicy_amendment?: unknown } | undefined)
      ?.execpolicy_amendment;
    if (Array.isArray(rule)) return t("Always allow in every project, for ever: {0}", `\`${rule.join(" ")} …\``);
    const network = (decision["applyNetworkPolicyAmendment"] as { network_policy_amendment?: unknown } | undefined)
      ?.network_policy_amendment as { host?: unknown; action?: unknown } | undefined;
    if (network) {
      const host = String(network.host);
      return network.action === "deny"
        ? t("Always block in every project, for ever: {0}", host)
        : t("Always allow in every project, for ever: {0}", host);
    }
  }
  if (decision === "accept") return t("Accept");
  if (decision === "acceptForSession") return t("Accept for session");
  if (decision === "decline") return t("Decline");
  if (decision === "cancel") return t("Decline and stop");
  return option.label;
}

/** What was decided, in the past. */
export function decidedWord(decision: unknown): string {
  if (decision === "accept") return t("Accepted");
  if (decision === "acceptForSession") return t("Accepted for the session");
  if (decision === "decline") return t("Declined");
  if (decision === "cancel") return t("Declined, and the turn stopped,");
  if (typeof decision !== "object" || decision === null) return t("Decided");
  if ("acceptWithExecpolicyAmendment" in decision) return t("Accepted for ever");
  if ("answers" in decision) return t("Answered");
  return t("Decided");
}

/** Where it was decided; empty for this window and, where only the audit trail knows, for an editor of its name. */
export function decidedWhere(decidedBy: string | null, ownName: string, elsewhere: boolean): string {
  if (decidedBy !== null && decidedBy !== ownName) return t("in {0}", decidedBy);
  if (!elsewhere) return "";
  return decidedBy === null ? t("elsewhere") : t("in another window");
}

/** How an approval ended, when someone or something else ended it; `decided` says what and where. */
export function goneText(approval: Approval, outcome: string, decided: string): string {
  const what = headline(approval).replace(/^Codex wants to /, "");
  switch (outcome) {
    case "decided":
      return `${decided}: ${what}`;
    case "turnEnded":
      return t("The turn ended before a decision: {0}", what);
    case "appServerExited":
      return t("Codex stopped before a decision: {0}", what);
    default:
      return t("No longer asked: {0}", what);
  }
}
