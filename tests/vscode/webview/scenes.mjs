// What the extension tells its webview, made up.

export function item(type, itemId, fields = {}) {
  return { itemId, type, status: "completed", ...fields };
}

export const user = (itemId, text) => item("userMessage", itemId, { content: [{ type: "text", text }] });
export const agent = (itemId, text, fields = {}) => item("agentMessage", itemId, { text, ...fields });

export function turn(turnId, items, fields = {}) {
  const times = { startedAt: 1_795_300_000_000, completedAt: 1_795_300_060_000 };
  return { turnId, status: "completed", error: null, ...times, items, markers: [], ...fields };
}

export function thread(turns, fields = {}) {
  const usage = { last: { totalTokens: 41_000 }, modelContextWindow: 272_000 };
  return { threadId: "t", name: null, cwd: "/home/ada/shop", status: {}, model: "gpt-5.5", turns, usage, ...fields };
}

const threads = {
  rows: [],
  loading: false,
  error: null,
  more: false,
  search: "",
  archived: false,
  everywhere: false,
  names: {},
};

/** The page as it is when all is well. */
export function page(fields = {}) {
  const link = { state: "running" };
  const appServer = { state: "ready", version: "0.169.0", attempt: 0, retryAt: null, lastError: null };
  return {
    ...{ link, appServer, threadId: "t", loading: false, sending: false, stopping: false, activeTurnId: null },
    ...{ readOnly: null, hasOlder: false, loadingOlder: false, running: [], notice: null, place: "open" },
    ...{ approvals: [], deciding: [], unsaved: [], choosable: [], queue: [], decisions: {}, turns: true },
    ...{ listing: false, threads, limits: [], signedOut: false },
    choices: { model: "GPT-5.5 · medium", approvals: "Ask when needed · Folder" },
    ...fields,
  };
}

export function threadRow(threadId, name, fields = {}) {
  return {
    ...{ threadId, name, folder: "shop", here: true, branch: "main", updatedAt: Date.now() - 3_600_000 },
    ...{ running: false, waiting: false, unread: false, pinned: false, archived: false, deleted: false },
    ...fields,
  };
}

export const threadsPage = (rows, fields = {}) => ({ ...threads, rows, ...fields });

export function approval(fields = {}) {
  return {
    ...{
      approvalId: "a1",
      kind: "command",
      method: "item/commandExecution/requestApproval",
      threadId: "t",
      turnId: "u2",
    },
    ...{ itemId: "c9", requestedAt: 1, reason: null, cwd: "/home/ada/shop", command: "/bin/bash -lc 'npm test'" },
    ...{ commandActions: null, network: null, changes: null, questions: null, elicitation: null, permissions: null },
    options: [
      { decision: "accept", label: "Accept", scope: "once" },
      { decision: "acceptForSession", label: "Accept for session", scope: "session" },
      { decision: "decline", label: "Decline", scope: "no" },
    ],
    request: {},
    ...fields,
  };
}
