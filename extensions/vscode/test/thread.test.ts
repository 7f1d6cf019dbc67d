import { expect, test } from "vitest";
import { Approvals } from "../src/approvals";
import { Decisions } from "../src/view/decisions";
import { inputOf } from "../src/view/input";
import { Queue } from "../src/view/queue";
import { approval, FakeLink, refused, settled } from "./fakeLink";

const message = (id: string, text: string) => ({ id, input: [{ type: "text", text }], queuedAt: 1 });

function queue(link: FakeLink) {
  const [failed, putBack]: [string[], string[]] = [[], []];
  const of = new Queue({
    door: link,
    input: inputOf,
    fail: (refusal) => failed.push(refusal.message),
    putBack: ({ text }) => putBack.push(text),
  });
  return { queue: of, failed, putBack };
}

test("the queue is read when the thread is, and follows its notes; another thread's are none of its business", async () => {
  const link = new FakeLink().answer("outrigger/thread/queue/list", () => ({ messages: [message("q1", "one")] }));
  const { queue: of } = queue(link);
  of.select("t1");
  await of.load("t1");
  expect(of.waiting).toEqual([{ id: "q1", text: "one", pictures: [] }]);
  link.note("outrigger/thread/queue/changed", { threadId: "t2", messages: [] });
  link.note("outrigger/thread/queue/changed", {
    threadId: "t1",
    messages: [message("q1", "one"), message("q2", "two")],
  });
  expect(of.waiting.map(({ text }) => text)).toEqual(["one", "two"]);
  of.select("t2");
  expect(of.waiting).toEqual([]);
});

test("a message that can't be queued is put back, and one that is edited leaves the queue first", async () => {
  const link = new FakeLink()
    .answer("outrigger/thread/queue/add", () => Promise.reject(refused("100 messages wait", { kind: "queueFull" })))
    .answer("outrigger/thread/queue/list", () => ({ messages: [message("q1", "one"), message("q2", "two")] }))
    .answer("outrigger/thread/queue/remove", ({ id }) =>
      id === "q2" ? Promise.reject(refused("it was sent meanwhile")) : { messages: [] },
    );
  const { queue: of, failed, putBack } = queue(link);
  of.select("t1");
  await of.load("t1");
  await of.add({ text: "three", pictures: [] });
  await of.edit("q1");
  await of.edit("q2");
  expect([putBack, failed]).toEqual([
    ["three", "one"],
    ["100 messages wait", "it was sent meanwhile"],
  ]);
});

test("the transcript says who decided, where that was not done here", async () => {
  const entry = (approvalId: string, itemId: string, decision: unknown, decidedBy: string | null) => ({
    approval: approval({ approvalId, itemId }),
    outcome: "decided" as const,
    decision,
    decidedBy,
    resolvedAt: 1,
    delivery: null,
  });
  const entries = [
    entry("a4", "i4", "accept", "Code"),
    entry("a3", "i3", { acceptWithExecpolicyAmendment: {} }, "Zed"),
    { ...entry("a2", "i2", null, null), outcome: "turnEnded" as const },
    entry("a1", "i1", "decline", "Neovim"),
    entry("a0", "i1", "accept", "Neovim"),
  ];
  const link = new FakeLink()
    .answer("outrigger/approval/list", () => ({ approvals: [] }))
    .answer("outrigger/approval/history", () => ({ entries, nextCursor: null }));
  const approvals = new Approvals(link, () => ["/repo"]);
  approvals.connect();
  await settled();
  const decisions = new Decisions(link, approvals, "Code");
  decisions.select("t1");
  await decisions.load("t1");
  expect(decisions.byItem).toEqual({ i3: "Accepted for ever in Zed", i1: "Declined in Neovim" });

  link.note("outrigger/approval/requested", { approval: approval({ approvalId: "a5", itemId: "i5" }) });
  entries.unshift(entry("a5", "i5", "accept", "Code"));
  link.note("outrigger/approval/resolved", { approvalId: "a5", outcome: "decided", decidedBy: "Code" });
  await settled();
  expect(decisions.byItem["i5"]).toBe("Accepted in another window");
});

test("a decision of this window is known as such, whichever comes first: the note or the reply", async () => {
  const link = new FakeLink()
    .answer("outrigger/approval/list", () => ({ approvals: [approval(), approval({ approvalId: "a2" })] }))
    .answer("outrigger/approval/decide", () => ({ approval: approval() }));
  const approvals = new Approvals(link, () => ["/repo"]);
  const gone: [string, boolean][] = [];
  approvals.onResolved(({ approval: { approvalId }, here }) => gone.push([approvalId, here]));
  approvals.connect();
  await settled();
  const resolved = (approvalId: string) =>
    link.note("outrigger/approval/resolved", { approvalId, outcome: "decided", decidedBy: "Code" });
  await approvals.decide("a1", "accept");
  resolved("a1");
  link.note("outrigger/approval/requested", { approval: approval({ approvalId: "a3" }) });
  link.answer("outrigger/approval/decide", () => {
    resolved("a3");
    return { approval: approval() };
  });
  await approvals.decide("a3", "accept");
  resolved("a2");
  expect(gone).toEqual([
    ["a1", true],
    ["a3", true],
    ["a2", false],
  ]);
});
