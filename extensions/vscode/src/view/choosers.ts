// The pickers of the composer: which model, how hard it thinks, when it asks, what it may touch.

import * as vscode from "vscode";
import type { Parts } from "../commands";
import { refusalOf, type SandboxMode } from "../door";
import { t } from "../l10n";
import { allowed, APPROVAL_POLICIES, type Chosen, policyName, SANDBOX_MODES, sandboxName } from "./choices";

type Pick = vscode.QuickPickItem & { chosen?: Partial<Chosen>; on?: boolean };

export async function chooseModel(parts: Parts): Promise<void> {
  const { choices } = parts;
  const { model, effort } = choices.current;
  const present = choices.model;
  const models = choices.models
    .filter(({ hidden }) => !hidden)
    .map((one): Pick => {
      const on = one.model === (model ?? present?.model);
      return { label: one.displayName, detail: one.description, chosen: { model: one.model }, on };
    });
  const efforts = (present?.supportedReasoningEfforts ?? []).map(({ reasoningEffort, description }): Pick => {
    const on = reasoningEffort === (effort ?? present?.defaultReasoningEffort);
    return { label: reasoningEffort, detail: description, chosen: { effort: reasoningEffort }, on };
  });
  await pick(parts, t("Model and effort"), [section(t("Model")), ...models, section(t("Effort")), ...efforts]);
}

export async function chooseApprovals(parts: Parts): Promise<void> {
  const { choices, link } = parts;
  const { approvalPolicy, sandbox } = choices.current;
  const required = await link.request("codex/configRequirements/read", {}).catch(() => null);
  const policies = allowed(APPROVAL_POLICIES, required?.requirements?.allowedApprovalPolicies);
  const sandboxes = allowed(SANDBOX_MODES, required?.requirements?.allowedSandboxModes);
  await pick(parts, t("Approvals and sandbox"), [
    section(t("Approvals")),
    ...policies.map((policy): Pick => {
      const detail = POLICY_DETAILS[policy] ?? "";
      return { label: policyName(policy), detail, chosen: { approvalPolicy: policy }, on: policy === approvalPolicy };
    }),
    section(t("Sandbox")),
    ...sandboxes.map((mode): Pick => {
      const detail = SANDBOX_DETAILS[mode];
      return { label: sandboxName(mode), detail, chosen: { sandbox: mode }, on: mode === sandbox };
    }),
  ]);
}

const POLICY_DETAILS: Record<string, string> = {
  untrusted: t("Codex asks before each command that is not known to only read, and before each change"),
  "on-request": t("Codex asks when it wants to leave its sandbox"),
  never: t("What its sandbox forbids fails"),
};

const SANDBOX_DETAILS: Record<SandboxMode, string> = {
  "read-only": t("Commands may read files, and change none"),
  "workspace-write": t("Commands may change what is in the folder of the thread"),
  "danger-full-access": t("Commands may do whatever you may, also on the network"),
};

function section(label: string): Pick {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

/** One choice from a list. Full access is said once more before it is given. */
async function pick({ choices, conversation }: Parts, title: string, items: Pick[]): Promise<void> {
  const shown = items.map((item) => (item.on ? { ...item, label: `$(check) ${item.label}` } : item));
  const { chosen } = (await vscode.window.showQuickPick(shown, { title, matchOnDetail: true })) ?? {};
  if (!chosen || !(await surely(chosen))) return;
  try {
    await choices.choose(chosen);
  } catch (error) {
    conversation.fail(refusalOf(error));
  }
}

async function surely({ sandbox }: Partial<Chosen>): Promise<boolean> {
  if (sandbox !== "danger-full-access") return true;
  const text = t("Without a sandbox, commands of this thread can change and send anything that you can.");
  return (await vscode.window.showWarningMessage(text, { modal: true }, t("Give full access"))) !== undefined;
}
