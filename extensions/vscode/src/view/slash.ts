// The commands that a person types into the composer.

import * as vscode from "vscode";
import type { Parts } from "../commands";
import { refusalOf } from "../door";
import { t } from "../l10n";
import { chooseApprovals, chooseModel } from "./choosers";
import { SLASH_COMMANDS } from "./slashNames";
import { actOnThread } from "./threadActs";

export async function runSlashCommand(parts: Parts, command: string): Promise<void> {
  if (!SLASH_COMMANDS.some(({ name }) => name === command)) return;
  const { conversation, link } = parts;
  const { threadId } = conversation.page;
  const onThread = async (act: (threadId: string) => Promise<unknown>) => {
    if (threadId === null) throw new Error(t("There is no thread yet: send a message first."));
    await act(threadId);
  };
  const loaded = (act: (threadId: string) => Promise<unknown>) =>
    onThread(async (id) => {
      await conversation.attach(id);
      await act(id);
    });
  const commands: Record<string, () => Thenable<unknown>> = {
    new: () => vscode.commands.executeCommand("outrigger.thread.new"),
    threads: () => vscode.commands.executeCommand("outrigger.thread.pick"),
    model: () => chooseModel(parts),
    approvals: () => chooseApprovals(parts),
    compact: () => loaded((id) => link.request("codex/thread/compact/start", { threadId: id })),
    review: () =>
      loaded((id) => link.request("codex/review/start", { threadId: id, target: { type: "uncommittedChanges" } })),
    fork: () => onThread((id) => actOnThread(parts, "fork", id)),
    rename: () => onThread((id) => actOnThread(parts, "rename", id)),
    archive: () => onThread((id) => actOnThread(parts, "archive", id)),
    export: () => onThread(async () => vscode.commands.executeCommand("outrigger.thread.export")),
  };
  try {
    await commands[command]?.();
  } catch (error) {
    conversation.fail(refusalOf(error));
  }
}
