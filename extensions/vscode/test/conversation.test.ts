import { expect, test } from "vitest";
import { Conversation, type Surroundings } from "../src/view/conversation";
import { inputOf } from "../src/view/input";
import { FakeLink, refused, settled, snapshot, turn } from "./fakeLink";

const READY = { state: "ready", version: "0.169.0", attempt: 0, retryAt: null, lastError: null } as const;

function story(link: FakeLink, around: Partial<Surroundings> = {}) {
  let remembered: string | undefined;
  link
    .answer("outrigger/appServer/status", () => READY)
    .answer("outrigger/thread/subscribe", () => ({}))
    .answer("outrigger/thread/unsubscribe", () => ({}))
    .answer("outrigger/thread/running", () => ({ processes: [] }));
  const conversation = new Conversation({
    door: link,
    cwd: () => "/repo",
    threadSettings: () => ({ approvalPolicy: "untrusted" }),
    memory: { get: () => remembered, set: (threadId) => (remembered = threadId) },
    onOwn: () => undefined,
    input: inputOf,
    onRuns: () => undefined,
    onStarted: () => Promise.resolve(),
    ...around,
  });
  const unsent: string[] = [];
  conversation.onUnsent.add(({ text }) => unsent.push(text));
  conversation.connect();
  return { conversation, unsent, remembered: () => remembered };
}

const message = (words: string) => ({ text: words, pictures: [] });
const text = (words: string) => [{ type: "text", text: words, text_elements: [] }];

test("the first message starts a thread with the settings, opens it and starts a turn", async () => {
  const link = new FakeLink()
    .answer("codex/thread/start", () => ({ thread: { id: "t1" } }))
    .answer("outrigger/thread/snapshot", () => snapshot())
    .answer("codex/turn/start", () => ({ turn: { id: "u1", status: "inProgress" } }));
  const { conversation, remembered } = story(link);
  await conversation.send(message("hello"));
  expect(link.asked.slice(1)).toEqual([
    ["codex/thread/start", { cwd: "/repo", approvalPolicy: "untrusted" }],
    ["outrigger/thread/subscribe", { threadId: "t1" }],
    ["outrigger/thread/snapshot", { threadId: "t1" }],
    ["outrigger/thread/running", { threadId: "t1" }],
    ["codex/turn/start", { threadId: "t1", input: text("hello") }],
  ]);
  expect(remembered()).toBe("t1");
});

test("a thread of last time is read, not resumed; it is resumed when the person sends", async () => {
  const link = new FakeLink()
    .answer("outrigger/thread/snapshot", () => snapshot())
    .answer("codex/thread/resume", () => ({ thread: { id: "t1" } }))
    .answer("codex/turn/start", () => ({ turn: { id: "u2", status: "inProgress" } }));
  const { conversation } = story(link, { memory: { get: () => "t1", set: () => undefined } });
  await settled();
  expect(link.methods).not.toContain("codex/thread/resume");
  await conversation.send(message("go on"));
  expect(link.asked.slice(-2)).toEqual([
    ["codex/thread/resume", { threadId: "t1", excludeTurns: true }],
    ["codex/turn/start", { threadId: "t1", input: text("go on") }],
  ]);
});

test("a message while a turn runs steers it; if the turn has just ended it becomes the next turn", async () => {
  const running = snapshot({ turns: [turn({ status: "inProgress" })] });
  const link = new FakeLink()
    .answer("outrigger/thread/snapshot", () => running)
    .answer("codex/thread/resume", () => ({ thread: { id: "t1" } }))
    .answer("codex/turn/start", () => ({ turn: { id: "u2", status: "inProgress" } }))
    .answer("codex/turn/steer", () => ({}));
  const { conversation } = story(link);
  await conversation.open("t1");
  expect(conversation.page.activeTurnId).toBe("u1");
  await conversation.send(message("left"));
  expect(link.asked.at(-1)).toEqual([
    "codex/turn/steer",
    { threadId: "t1", expectedTurnId: "u1", input: text("left") },
  ]);

  link.answer("codex/turn/steer", () => Promise.reject(refused("no active turn to steer")));
  await conversation.send(message("right"));
  expect(link.methods.slice(-3)).toEqual(["codex/turn/steer", "codex/thread/resume", "codex/turn/start"]);
});

test("notes that come before the snapshot are applied after it, once each", async () => {
  const link = new FakeLink();
  const { conversation } = story(link);
  const marker = (revision: number) => ({
    threadId: "t1",
    revision,
    changes: [{ op: "marker" as const, turnId: "u1", value: { kind: "info", text: `${revision}`, at: 0 } }],
  });
  link.answer("outrigger/thread/snapshot", () => {
    for (const revision of [4, 5, 6]) link.note("outrigger/thread/changed", marker(revision));
    return snapshot({ turns: [turn()] }, 4);
  });
  await conversation.open("t1");
  expect(conversation.thread?.turns[0]?.markers.map((m) => m.text)).toEqual(["5", "6"]);
});

test("a gap takes another snapshot", async () => {
  let revision = 1;
  const link = new FakeLink().answer("outrigger/thread/snapshot", () => snapshot({}, revision));
  const { conversation } = story(link);
  await conversation.open("t1");
  revision = 9;
  link.note("outrigger/thread/changed", { threadId: "t1", revision: 9, changes: [{ op: "status", value: 1 }] });
  await settled();
  expect(link.methods.filter((method) => method === "outrigger/thread/snapshot")).toHaveLength(2);
  link.note("outrigger/thread/changed", { threadId: "t1", revision: 10, changes: [{ op: "status", value: 2 }] });
  expect(conversation.thread?.status).toBe(2);
});

test("selecting quickly never shows one thread's content in another", async () => {
  const replies = new Map<string, (value: unknown) => void>();
  const link = new FakeLink().answer(
    "outrigger/thread/snapshot",
    ({ threadId }) => new Promise((resolve) => replies.set(threadId, resolve)),
  );
  const { conversation } = story(link);
  const [first, second] = [conversation.open("t1"), conversation.open("t2")];
  await settled();
  replies.get("t2")?.(snapshot({ threadId: "t2" }));
  replies.get("t1")?.(snapshot({ threadId: "t1" }));
  await Promise.all([first, second]);
  expect([conversation.page.threadId, conversation.thread?.threadId]).toEqual(["t2", "t2"]);
});

test("a thread that another process holds is read-only, and forks into one of ours", async () => {
  const link = new FakeLink()
    .answer("outrigger/thread/snapshot", ({ threadId }) => snapshot({ threadId }))
    .answer("codex/thread/resume", () => Promise.reject(refused("thread t1 already has an active writer")))
    .answer("codex/thread/fork", () => ({ thread: { id: "t2" } }))
    .answer("codex/turn/start", () => ({ turn: { id: "u2", status: "inProgress" } }));
  const { conversation, unsent } = story(link);
  await conversation.open("t1");
  await conversation.send(message("mine"));
  expect(conversation.page.readOnly).toBe("thread t1 already has an active writer");
  expect(unsent).toEqual(["mine"]);
  await conversation.fork();
  expect([conversation.page.threadId, conversation.page.readOnly]).toEqual(["t2", null]);
  await conversation.send(message("mine"));
  expect(link.asked.at(-1)).toEqual(["codex/turn/start", { threadId: "t2", input: text("mine") }]);
});

test("what could not be sent goes back to the composer, with the reason", async () => {
  const link = new FakeLink().answer("codex/thread/start", () =>
    Promise.reject(refused("codex is not there", { kind: "cliMissing", hint: "Install it." })),
  );
  const { conversation, unsent } = story(link);
  await conversation.send(message("hello"));
  expect(unsent).toEqual(["hello"]);
  expect(conversation.page).toMatchObject({
    sending: false,
    threadId: null,
    notice: { text: "codex is not there", hint: "Install it." },
  });
});

test("Stop interrupts the running turn, and what still runs is listed and can be ended", async () => {
  let processes = [{ processId: "7", command: "npm run dev", startedAt: 1 }];
  const link = new FakeLink()
    .answer("outrigger/thread/snapshot", () => snapshot({ turns: [turn({ status: "inProgress" })] }, 1))
    .answer("codex/turn/interrupt", () => ({}))
    .answer("outrigger/thread/endProcess", () => {
      processes = [];
      return {};
    });
  const { conversation } = story(link);
  link.answer("outrigger/thread/running", () => ({ processes }));
  await conversation.open("t1");
  await conversation.stop();
  expect(link.asked.at(-1)).toEqual(["codex/turn/interrupt", { threadId: "t1", turnId: "u1" }]);
  expect(conversation.page.stopping).toBe(true);
  const ended = { op: "turn" as const, turnId: "u1", value: { status: "interrupted" } };
  link.note("outrigger/thread/changed", { threadId: "t1", revision: 2, changes: [ended] });
  await settled();
  expect(conversation.page).toMatchObject({ stopping: false, activeTurnId: null, running: [{ processId: "7" }] });
  await conversation.endProcess("7");
  expect(conversation.page.running).toEqual([]);
});

test("a thread that could not be read while codex was away is read when it is back", async () => {
  let away = true;
  const link = new FakeLink().answer("outrigger/thread/snapshot", () =>
    away ? Promise.reject(refused("codex is down", { kind: "appServerDown" })) : snapshot(),
  );
  const { conversation } = story(link);
  await settled();
  link.note("outrigger/appServer/status", { ...READY, state: "restarting" });
  await conversation.open("t1");
  expect(conversation.page.notice?.text).toBe("codex is down");
  away = false;
  link.note("outrigger/appServer/status", READY);
  await settled();
  expect(conversation.page).toMatchObject({ loading: false, notice: null });
  expect(conversation.thread?.threadId).toBe("t1");
});

test("a lost connection leaves what is shown where it is, and the next one reads it anew", async () => {
  const shown = snapshot({ turns: [turn()] }, 4);
  const link = new FakeLink().answer("outrigger/thread/snapshot", () => shown);
  const { conversation } = story(link);
  await conversation.open("t1");
  const [subscribed, drawn]: [string[], unknown[]] = [[], []];
  conversation.onSubscribed.add((threadId) => subscribed.push(threadId));
  conversation.onThread.add((thread) => drawn.push(thread));
  link.become({ state: "starting", again: true });
  expect([drawn, conversation.page.appServer, conversation.page.threadId]).toEqual([[], READY, "t1"]);

  const anew = snapshot({ turns: [turn({ status: "interrupted" })] }, 1);
  link.answer("outrigger/thread/snapshot", () => anew);
  link.become({ state: "running" });
  await settled();
  expect([drawn, subscribed, conversation.page.loading]).toEqual([[anew.thread], ["t1"], false]);
});

test("a thread that is left is no longer listened to, even when it was never there", async () => {
  const link = new FakeLink().answer("outrigger/thread/snapshot", () => new Promise(() => undefined));
  const { conversation } = story(link);
  void conversation.open("t1");
  await settled();
  conversation.newThread();
  expect(link.asked.at(-1)).toEqual(["outrigger/thread/unsubscribe", { threadId: "t1" }]);
});
