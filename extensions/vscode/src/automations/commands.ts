// What a person does with automations, their runs and the inbox.

import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import { type Door, refusalOf } from "../door";
import { t } from "../l10n";
import type { Automation, AutomationRun } from "../protocol.generated";
import { say } from "../surfaces/notifications";
import type { Automations } from "./automations";
import type { Inbox } from "./inbox";
import { automationName, automationRow, runTitle, standingOf, statusWords } from "./wording";

export type AutomationParts = {
  door: Door;
  automations: Automations;
  inbox: Inbox;
  /** Opens the form; null is a new automation. */
  edit: (automation: Automation | null) => void;
  openThread: (threadId: string) => Promise<void>;
};

type Commands = Record<string, (target: unknown) => unknown>;

export function automationCommands(parts: AutomationParts): Commands {
  const { automations } = parts;
  const on = (
    run: (parts: AutomationParts, automation: Automation) => unknown,
    fits?: (one: Automation) => boolean,
  ) => {
    return (target: unknown) => withAutomation(parts, target, run, fits);
  };
  const ours = (automation: Automation) => standingOf(automation) !== "desktop";
  return {
    "outrigger.automation.new": () => parts.edit(null),
    "outrigger.automation.edit": on(({ edit }, automation) => edit(automation), ours),
    "outrigger.automation.run": on((_, automation) => runNow(parts, automation), ours),
    "outrigger.automation.pause": on(pause, (one) => standingOf(one) === "active"),
    "outrigger.automation.resume": on(resume, (one) => ["paused", "stopped"].includes(standingOf(one))),
    "outrigger.automation.delete": on(remove, ours),
    "outrigger.automation.takeOver": on(takeOver, (one) => standingOf(one) === "desktop"),
    "outrigger.automation.openFile": on((_, { id }) => vscode.window.showTextDocument(definitionOf(id))),
    "outrigger.automation.older": (target) => {
      const { automationId } = (target ?? {}) as { automationId?: string };
      if (automationId !== undefined)
        return attempt(t("Could not read older runs"), () => automations.loadOlder(automationId));
    },
    "outrigger.automation.retry": () => automations.refresh(),
  };
}

/** Where Codex and we keep an automation. */
export function definitionOf(id: string): vscode.Uri {
  const home = process.env["CODEX_HOME"] ?? path.join(os.homedir(), ".codex");
  return vscode.Uri.file(path.join(home, "automations", id, "automation.toml"));
}

/** Does what may be refused, and says so; resolves with whether it was done. */
export async function attempt(failed: string, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    const { message, hint } = refusalOf(error);
    void vscode.window.showErrorMessage(`${failed}: ${hint === null ? message : `${message} ${hint}`}`);
    return false;
  }
}

/** Runs something for the automation of a row; from the palette, for the one that the person picks. */
async function withAutomation(
  parts: AutomationParts,
  target: unknown,
  run: (parts: AutomationParts, automation: Automation) => unknown,
  fits: (automation: Automation) => boolean = () => true,
): Promise<void> {
  const { automationId } = (target ?? {}) as { automationId?: string };
  const named = automationId === undefined ? undefined : parts.automations.get(automationId);
  const automation = automationId === undefined ? await pickAutomation(parts, fits) : named;
  if (automation) await run(parts, automation);
}

async function pickAutomation(
  { automations }: AutomationParts,
  fits: (automation: Automation) => boolean,
): Promise<Automation | undefined> {
  const items = automations.all.filter(fits).map((automation) => ({
    label: automationName(automation),
    detail: automationRow(automation, false, Date.now(), vscode.env.language),
    automation,
  }));
  if (items.length === 0) {
    say(t("There is no automation for that."));
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { title: t("Which automation?"), matchOnDetail: true }))?.automation;
}

async function runNow(parts: AutomationParts, { id, name }: Automation, force = false): Promise<void> {
  try {
    await parts.door.request("outrigger/automation/run", force ? { id, force } : { id });
    say(t("“{0}” runs now.", name));
  } catch (error) {
    const { kind, message, hint } = refusalOf(error);
    if (kind !== "worktreeDirty" || force) {
      const text = hint === null ? message : `${message} ${hint}`;
      void vscode.window.showErrorMessage(t("It was not run: {0}", text));
      return;
    }
    const text = t("Run “{0}” in a folder with changes that are in no commit?", name);
    const detail = t("It runs in the folder itself, so what it does mixes with them. {0}", message);
    const yes = t("Run All the Same");
    if ((await vscode.window.showWarningMessage(text, { modal: true, detail }, yes)) !== yes) return;
    await runNow(parts, parts.automations.get(id) ?? ({ id, name } as Automation), true);
  }
}

function pause({ door }: AutomationParts, { id }: Automation): Promise<boolean> {
  return attempt(t("It was not paused"), () => door.request("outrigger/automation/pause", { id }));
}

function resume({ door }: AutomationParts, { id }: Automation): Promise<boolean> {
  return attempt(t("It was not resumed"), () => door.request("outrigger/automation/resume", { id }));
}

async function remove({ door }: AutomationParts, { id, name }: Automation): Promise<void> {
  const text = t("Delete the automation “{0}”?", name);
  const detail = t("It is not run any more. Its runs, their threads and its memory file stay.");
  const yes = t("Delete");
  if ((await vscode.window.showWarningMessage(text, { modal: true, detail }, yes)) !== yes) return;
  await attempt(t("It was not deleted"), () => door.request("outrigger/automation/delete", { id }));
}

async function takeOver({ door }: AutomationParts, { id, name }: Automation): Promise<void> {
  const text = t("Have Outrigger run “{0}” from now on?", name);
  const detail = t(
    "The Codex desktop app runs it now. Its file is changed so that the desktop app shows it as paused and Outrigger runs it when it is due.",
  );
  const yes = t("Take Over");
  if ((await vscode.window.showWarningMessage(text, { modal: true, detail }, yes)) !== yes) return;
  await attempt(t("It was not taken over"), () =>
    door.request("outrigger/automation/update", { id, owner: "outrigger", status: "ACTIVE" }),
  );
}

export function runCommands(parts: AutomationParts): Commands {
  const { automations, inbox, door } = parts;
  /** The run of a row of any list. */
  const on = (act: (run: AutomationRun) => unknown) => async (target: unknown) => {
    const { runId } = (target ?? {}) as { runId?: string };
    const run = runId === undefined ? undefined : automations.run(runId);
    if (run) await act(run);
    else if (runId !== undefined) say(t("This run is not known any more."));
  };
  const seen = async (run: AutomationRun) => {
    const item = inbox.items.find(({ runId }) => runId === run.runId);
    if (item) await attempt(t("It was not marked as read"), () => inbox.read(item));
  };
  return {
    "outrigger.run.open": on(async (run) => {
      await openRun(parts, run);
      await seen(run);
    }),
    "outrigger.run.showDiff": on(async (run) => {
      await showDiff(run);
      await seen(run);
    }),
    "outrigger.run.accept": on((run) => settle(parts, run, "accept")),
    "outrigger.run.archive": on((run) => settle(parts, run, "archive")),
    "outrigger.run.openWorktree": on(({ worktree }) => {
      if (worktree === null) return;
      const options = { forceNewWindow: true };
      return vscode.commands.executeCommand("vscode.openFolder", vscode.Uri.parse(worktree), options);
    }),
    "outrigger.inbox.open": async (target) => {
      const { itemId } = (target ?? {}) as { itemId?: string };
      const item = itemId === undefined ? undefined : inbox.get(itemId);
      if (!item) return;
      await attempt(t("It was not marked as read"), () => inbox.read(item));
      const run = automations.run(item.runId);
      if (run) await openRun(parts, run);
      else if (item.threadId !== null) await parts.openThread(item.threadId);
    },
    "outrigger.inbox.markRead": (target) => {
      const { itemId } = (target ?? {}) as { itemId?: string };
      const item = itemId === undefined ? undefined : inbox.get(itemId);
      if (item) return attempt(t("It was not marked as read"), () => inbox.read(item));
    },
    "outrigger.inbox.markAllRead": () =>
      attempt(t("It was not marked as read"), () => Promise.all(inbox.items.map((item) => inbox.read(item)))),
    "outrigger.inbox.archive": (target) => {
      const { itemId } = (target ?? {}) as { itemId?: string };
      const item = itemId === undefined ? undefined : inbox.get(itemId);
      if (item)
        return attempt(t("It was not archived"), () => door.request("outrigger/inbox/archive", { id: item.id }));
    },
  };
}

/** Its thread; where it came to none, why. */
async function openRun(parts: AutomationParts, run: AutomationRun): Promise<void> {
  if (run.threadId !== null) return parts.openThread(run.threadId);
  const automation = parts.automations.get(run.automationId);
  const name = automation ? automationName(automation) : run.automationId;
  const text = [`${name}: ${statusWords(run)}.`, run.error ?? ""].filter(Boolean).join(" ");
  void vscode.window.showInformationMessage(text);
}

async function showDiff({ threadId, turnId, ...run }: AutomationRun): Promise<void> {
  if (threadId === null || turnId === null) return;
  const prompt = runTitle({ ...run, threadId, turnId });
  await vscode.commands.executeCommand("outrigger.turn.review", { threadId, turnId, prompt });
}

/** Accepts or archives a run. A worktree goes with it, which is said first: its changes are in no branch of the person's. */
async function settle(parts: AutomationParts, run: AutomationRun, how: "accept" | "archive"): Promise<void> {
  const { runId, worktree } = run;
  if (worktree !== null && !(await mayGo(parts, run, how))) return;
  const failed = how === "accept" ? t("It was not accepted") : t("It was not archived");
  const done = await attempt(failed, () =>
    how === "accept"
      ? parts.door.request("outrigger/automation/run/accept", { runId })
      : parts.door.request("outrigger/automation/run/archive", { runId }),
  );
  // What is accepted has been seen to: its item need not be put away once more.
  const item = done ? parts.inbox.items.find((one) => one.runId === runId) : undefined;
  if (item) await attempt(t("It was not archived"), () => parts.inbox.archive(item));
}

async function mayGo({ door }: AutomationParts, run: AutomationRun, how: "accept" | "archive"): Promise<boolean> {
  const { threadId, turnId, runId } = run;
  if (threadId !== null && turnId !== null) {
    const diff = await door.request("outrigger/turn/diff", { threadId, turnId }).catch(() => null);
    if (diff?.files.length === 0) return true;
  }
  const title = runTitle(run);
  const text =
    how === "accept"
      ? t("Accept “{0}”, and remove its worktree?", title)
      : t("Archive “{0}”, and remove its worktree?", title);
  const detail = t(
    "What is in it and in no commit is kept as a patch, {0}, in the state directory; commits that no branch has, under {1}. Nothing of it comes into your own folder by itself.",
    `worktrees/${runId}.patch`,
    `refs/outrigger/runs/${runId}`,
  );
  const [yes, look] = [how === "accept" ? t("Accept") : t("Archive"), t("Show Diff")];
  const choice = await vscode.window.showWarningMessage(text, { modal: true, detail }, yes, look);
  if (choice === look) await showDiff(run);
  return choice === yes;
}
