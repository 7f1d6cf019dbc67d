import { expect, test } from "vitest";
import { Choices } from "../src/view/choices";
import { agoText, Threads, UNDO_MS } from "../src/view/threads";
import { FakeLink, refused, settled } from "./fakeLink";

const listed = (id: string, fields: object = {}) => ({
  ...{ id, name: null, preview: `Thread ${id}`, cwd: "/repo", updatedAt: 10 },
  ...fields,
});

function list(link: FakeLink, folders = ["/repo"]) {
  const timers: { run: () => void; ms: number; stopped: boolean }[] = [];
  const threads = new Threads({
    door: link,
    folders: () => folders,
    later: (run, ms) => {
      const timer = { run, ms, stopped: false };
      timers.push(timer);
      return () => (timer.stopped = true);
    },
  });
  const names = () => threads.page.rows.map(({ name }) => name);
  return { threads, timers, names };
}

test("the threads of this folder are asked for, page by page, and a search anew", async () => {
  const link = new FakeLink().answer("codex/thread/list", ({ cursor }) =>
    cursor === "2" ? { data: [listed("b")], nextCursor: null } : { data: [listed("a")], nextCursor: "2" },
  );
  const { threads, names } = list(link);
  await threads.look();
  expect([names(), threads.page.more]).toEqual([["Thread a"], true]);
  await threads.more();
  expect([names(), threads.page.more]).toEqual([["Thread a", "Thread b"], false]);
  await threads.look(" cart ", true, true);
  expect(link.asked.map(([, params]) => params)).toEqual([
    { limit: 50, cwd: "/repo" },
    { limit: 50, cursor: "2", cwd: "/repo" },
    { limit: 50, searchTerm: "cart", archived: true },
    { limit: 100, archived: true },
  ]);
});

test("a search finds words in capital letters and in small ones", async () => {
  const link = new FakeLink().answer("codex/thread/list", ({ searchTerm }) => ({
    data: searchTerm ? [] : [listed("a", { preview: "Tea for two" }), listed("b", { name: "Till" })],
    nextCursor: null,
  }));
  const { threads, names } = list(link);
  await threads.look("tea");
  expect(names()).toEqual(["Tea for two"]);
});

test("a list that can't be read says why", async () => {
  const link = new FakeLink().answer("codex/thread/list", () => Promise.reject(refused("the database is locked")));
  const { threads } = list(link);
  await threads.look();
  expect([threads.page.error, threads.page.loading]).toEqual(["the database is locked", false]);
});

test("what a thread does, its name and what is unread in it are followed", async () => {
  const unread = { firstUnread: { type: "threadStart" }, revision: "1" };
  const link = new FakeLink().answer("codex/thread/list", () => ({
    data: [listed("a")],
    nextCursor: null,
    readStates: { a: unread },
  }));
  const { threads } = list(link);
  await threads.look();
  link.note("codex/thread/status/changed", {
    threadId: "a",
    status: { type: "active", activeFlags: ["waitingOnApproval"] },
  });
  link.note("codex/thread/name/updated", { threadId: "a", threadName: "Tea" });
  expect(threads.page.rows).toMatchObject([{ name: "Tea", running: true, waiting: true, unread: true, here: true }]);
  link.note("codex/thread/readState/changed", { threadId: "a", readState: { firstUnread: null, revision: "2" } });
  expect(threads.page.rows).toMatchObject([{ unread: false }]);
});

test("the thread that a person looks at is read, by the revision that is known", async () => {
  const link = new FakeLink()
    .answer("codex/thread/list", () => ({
      data: [listed("a")],
      nextCursor: null,
      readStates: { a: { firstUnread: { type: "threadStart" }, revision: "7" } },
    }))
    .answer("codex/thread/readState/update", () => ({ readState: { firstUnread: null, revision: "8" } }));
  const { threads } = list(link);
  threads.follow("a");
  await threads.look();
  await settled();
  expect(link.asked.at(-1)).toEqual([
    "codex/thread/readState/update",
    { threadId: "a", expectedRevision: "7", operation: { type: "read" } },
  ]);
  expect(threads.page.rows).toMatchObject([{ unread: false }]);
});

test("a deleted thread is archived, can be had back, and is deleted when the time is over", async () => {
  const link = new FakeLink()
    .answer("codex/thread/list", () => ({ data: [listed("a"), listed("b")], nextCursor: null }))
    .answer("codex/thread/archive", () => ({}))
    .answer("codex/thread/unarchive", () => ({}))
    .answer("codex/thread/delete", () => ({}));
  const { threads, timers } = list(link);
  await threads.look();
  await threads.delete("a");
  expect(threads.page.rows.map(({ deleted }) => deleted)).toEqual([true, false]);
  await threads.restore("a");
  expect([timers.map(({ ms, stopped }) => [ms, stopped]), threads.page.rows[0]?.deleted]).toEqual([
    [[UNDO_MS, true]],
    false,
  ]);
  await threads.delete("b");
  timers[1]?.run();
  await settled();
  expect(link.methods.slice(1)).toEqual([
    "codex/thread/archive",
    "codex/thread/unarchive",
    "codex/thread/archive",
    "codex/thread/delete",
  ]);
  expect(threads.page.rows.map(({ threadId }) => threadId)).toEqual(["a"]);
});

test("pinned threads are the same in all windows", async () => {
  const link = new FakeLink()
    .answer("codex/thread/list", () => ({ data: [listed("a"), listed("b")], nextCursor: null }))
    .answer("outrigger/atom/get", () => ({ value: ["b"], revision: 3 }))
    .answer("outrigger/atom/set", () => ({ revision: 4 }));
  const { threads } = list(link);
  await threads.look();
  await threads.pin("a", true);
  expect(link.asked.at(-1)).toEqual([
    "outrigger/atom/set",
    { key: "threads/pinned", value: ["a", "b"], ifRevision: 3 },
  ]);
  link.note("outrigger/atom/changed", { key: "threads/pinned", value: ["b"], revision: 5 });
  expect(threads.page.rows.map(({ pinned }) => pinned)).toEqual([false, true]);
});

test("how long ago something was is said in a word or two", () => {
  const now = 1_795_300_000_000;
  const ago = (minutes: number) => agoText(now - minutes * 60_000, now);
  expect([0, 5, 130, 1_500, 4_400].map(ago)).toEqual(["Just now", "5 min ago", "2 h ago", "Yesterday", "3 days ago"]);
});

const MODELS = [
  { id: "m1", model: "m1", displayName: "One", isDefault: true, defaultReasoningEffort: "low" },
  { id: "m2", model: "m2", displayName: "Two", isDefault: false, defaultReasoningEffort: "medium" },
];

function chooser(link: FakeLink) {
  link
    .answer("codex/model/list", () => ({ data: MODELS }))
    .answer("codex/config/read", () => ({ config: { approval_policy: "on-request", sandbox_mode: "workspace-write" } }))
    .answer("codex/thread/settings/update", () => ({}));
  const attached: string[] = [];
  const choices = new Choices({
    door: link,
    cwd: () => "/repo",
    defaults: () => ({}),
    attach: (threadId) => Promise.resolve(void attached.push(threadId)),
  });
  return { choices, attached };
}

test("what a new thread runs with is what the configuration says, until something is chosen", async () => {
  const link = new FakeLink();
  const { choices } = chooser(link);
  await choices.load();
  expect(choices.page).toEqual({ model: "One · low", approvals: "Ask when needed · Folder" });
  await choices.choose({ model: "m2" });
  await choices.choose({ effort: "high", sandbox: "read-only" });
  expect(choices.page).toEqual({ model: "Two · high", approvals: "Ask when needed · Read only" });
  expect(choices.startParams()).toEqual({ model: "m2", sandbox: "read-only" });
  await choices.started("t1");
  expect(link.asked.at(-1)).toEqual(["codex/thread/settings/update", { threadId: "t1", effort: "high" }]);
});

test("a choice for a thread that there is loads it and is told at once, in the app-server's spelling", async () => {
  const link = new FakeLink();
  const { choices, attached } = chooser(link);
  await choices.load();
  choices.select("t1");
  choices.learn("t1", { model: "m1", approvalPolicy: "never", sandbox: { type: "dangerFullAccess" } });
  expect(choices.page.approvals).toBe("Never ask · Full access");
  await choices.choose({ sandbox: "workspace-write" });
  expect([attached, link.asked.at(-1), choices.page.approvals]).toEqual([
    ["t1"],
    ["codex/thread/settings/update", { threadId: "t1", sandboxPolicy: { type: "workspaceWrite" } }],
    "Never ask · Folder",
  ]);
});
