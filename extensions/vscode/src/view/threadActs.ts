// What a person does to a thread of the list.

import * as vscode from "vscode";
import type { Parts } from "../commands";
import { refusalOf } from "../door";
import { t } from "../l10n";
import type { ThreadAct } from "./messages";

export async function actOnThread(parts: Parts, act: ThreadAct, threadId: string): Promise<void> {
  try {
    await ACTS[act](parts, threadId);
  } catch (error) {
    parts.conversation.fail(refusalOf(error));
  }
}

const ACTS: Record<ThreadAct, (parts: Parts, threadId: string) => Promise<void>> = {
  open: async ({ conversation, threads, view }, threadId) => {
    threads.show(false);
    if (threadId !== conversation.page.threadId) await conversation.open(threadId);
    view.tell({ type: "focus" });
  },
  rename: async ({ threads }, threadId) => {
    const value = threads.page.names[threadId] ?? "";
    const name = await vscode.window.showInputBox({ title: t("Rename thread"), value });
    if (name?.trim()) await threads.rename(threadId, name.trim());
  },
  archive: async (parts, threadId) => {
    await parts.threads.archive(threadId, true);
    leave(parts, threadId);
  },
  unarchive: ({ threads }, threadId) => threads.archive(threadId, false),
  fork: async ({ conversation, threads }, threadId) => {
    threads.show(false);
    await conversation.fork(threadId);
  },
  delete: async (parts, threadId) => {
    await parts.threads.delete(threadId);
    leave(parts, threadId);
  },
  restore: ({ threads }, threadId) => threads.restore(threadId),
  pin: ({ threads }, threadId) => threads.pin(threadId, true),
  unpin: ({ threads }, threadId) => threads.pin(threadId, false),
  unread: ({ threads }, threadId) => threads.mark(threadId, "unread"),
};

/** A thread that is put away is no longer the one that is shown. */
function leave({ conversation, threads }: Parts, threadId: string): void {
  if (conversation.page.threadId !== threadId) return;
  conversation.newThread();
  threads.show(true);
}
