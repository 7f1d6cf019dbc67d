// What a run may do while nobody watches, said before it is saved. Used by the form; no VS Code in it.

import { t } from "../l10n";
import { baseName } from "../wording";
import type { FormPage, FormValues } from "./formMessages";
import { spanWords } from "./wording";

export const POLICIES = ["untrusted", "on-request", "never"];
export const SANDBOXES = ["read-only", "workspace-write", "danger-full-access"];

export function policyWords(policy: unknown): string {
  switch (policy) {
    case "untrusted":
      return t("Ask often");
    case "on-request":
      return t("Ask when needed");
    case "never":
      return t("Never ask");
    default:
      return typeof policy === "string" ? policy : t("Ask by kind");
  }
}

export function sandboxWords(sandbox: string): string {
  switch (sandbox) {
    case "read-only":
      return t("Read only");
    case "workspace-write":
      return t("Folder");
    case "danger-full-access":
      return t("Full access");
    default:
      return sandbox;
  }
}

/** Sentences. `denied`: such a run is refused. */
export function permitted(
  values: FormValues,
  { own, heartbeat }: Pick<FormPage, "own" | "heartbeat">,
): { sentences: string[]; denied: boolean } {
  const sandbox = values.sandbox ?? own.sandbox;
  const policy = values.approvalPolicy ?? own.approvalPolicy;
  return {
    sentences: [
      heartbeat ? t("It goes on in its thread, where that works.") : placeSentence(values),
      sandboxSentence(sandbox),
      policySentence(policy, values),
      endSentence(values),
    ],
    denied: sandbox === "danger-full-access" && policy === "never",
  };
}

function placeSentence({ executionEnvironment, cwds, branch }: FormValues): string {
  const [first] = cwds;
  const folder = first ? baseName(first.path) : t("the folder");
  if (executionEnvironment === "local") return t("It works in {0} itself, on your own files.", folder);
  const from = branch.trim() || "HEAD";
  return t("Each run gets a new worktree of {0} at {1}: your own files stay as they are.", folder, from);
}

function sandboxSentence(sandbox: string | null): string {
  switch (sandbox) {
    case "read-only":
      return t("Commands may read files and change none.");
    case "workspace-write":
      return t("Commands may change files in its folder.");
    case "danger-full-access":
      return t("Commands may do whatever you may, also on the network.");
    default:
      return t("What commands may touch is what Codex grants by itself in that folder.");
  }
}

function policySentence(policy: unknown, { approvalTimeoutMinutes }: FormValues): string {
  if (policy === "never") return t("Codex never asks: what is forbidden fails.");
  const wait = spanWords(approvalTimeoutMinutes * 60_000);
  if (policy === "untrusted")
    return t(
      "Before each command that does more than read, Codex asks in every editor and waits for {0}; then the run stops.",
      wait,
    );
  return t("When Codex wants more, it asks in every editor and waits for {0}; then the run stops.", wait);
}

function endSentence({ maxRunMinutes }: FormValues): string {
  return t("It is stopped after {0} at the latest.", spanWords(maxRunMinutes * 60_000));
}
