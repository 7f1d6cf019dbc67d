import { expect, test } from "vitest";
import { Approvals, SEEN_AFTER_MS } from "../src/approvals";
import { approval, FakeLink, refused, settled } from "./fakeLink";

function story(link = new FakeLink()) {
  let now = 1_000;
  link.answer("outrigger/approval/list", () => ({ approvals: [] }));
  const approvals = new Approvals(
    link,
    () => ["/repo"],
    () => now,
  );
  const gone: string[] = [];
  approvals.onResolved(({ approval: { approvalId }, resolved }) => gone.push(`${approvalId} ${resolved.outcome}`));
  return {
    link,
    approvals,
    gone,
    ids: () => approvals.pending.map((a) => a.approvalId),
    later: (ms: number) => (now += ms),
  };
}

test("the list on connecting, and the notes after it, are what pends, the oldest first", async () => {
  const { link, approvals, ids, gone } = story();
  link.answer("outrigger/approval/list", () => ({ approvals: [approval({ approvalId: "b", requestedAt: 2 })] }));
  approvals.connect();
  await settled();
  link.note("outrigger/approval/requested", { approval: approval({ approvalId: "a", requestedAt: 1 }) });
  link.note("outrigger/approval/requested", { approval: approval({ approvalId: "a", requestedAt: 1 }) });
  expect(ids()).toEqual(["a", "b"]);
  link.note("outrigger/approval/resolved", { approvalId: "a", outcome: "turnEnded", decidedBy: null });
  link.note("outrigger/approval/resolved", { approvalId: "a", outcome: "turnEnded", decidedBy: null });
  expect([ids(), gone]).toEqual([["b"], ["a turnEnded"]]);
});

test("when the sidecar is gone nothing pends, and its next list is the truth", async () => {
  const { link, approvals, ids } = story();
  approvals.connect();
  await settled();
  link.note("outrigger/approval/requested", { approval: approval() });
  link.become({ state: "starting", again: true });
  expect(ids()).toEqual([]);
  link.answer("outrigger/approval/list", () => ({ approvals: [approval({ approvalId: "new" })] }));
  link.become({ state: "running" });
  await settled();
  expect(ids()).toEqual(["new"]);
});

test("an approval prompts where the thread's folder is open, or a file of it, or the thread itself", async () => {
  const { link, approvals, ids } = story();
  approvals.connect();
  await settled();
  const change = { uri: "file:///repo/a%20b.ts", kind: "update" as const, diff: "", hunks: [] };
  const elsewhere = { threadId: "other", cwd: "/repository" };
  for (const fields of [
    { approvalId: "in the folder", threadId: "other", cwd: "/repo/packages/x" },
    { approvalId: "beside it", ...elsewhere },
    { approvalId: "touches it", ...elsewhere, cwd: null, changes: [change] },
    { approvalId: "our thread", threadId: "ours", cwd: "/tmp" },
  ]) {
    link.note("outrigger/approval/requested", { approval: approval(fields) });
  }
  expect(ids()).toEqual(["in the folder", "touches it"]);
  approvals.own("ours");
  expect(ids()).toEqual(["in the folder", "touches it", "our thread"]);
});

test("a decision goes out verbatim; one that came too late changes nothing and says so", async () => {
  const { link, approvals, ids } = story();
  approvals.connect();
  await settled();
  link.note("outrigger/approval/requested", { approval: approval() });
  const amendment = { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["touch", "a"] } };
  link.answer("outrigger/approval/decide", () => ({ approval: approval() }));
  expect(await approvals.decide("a1", amendment)).toEqual({ result: "sent" });
  expect(link.asked.at(-1)).toEqual(["outrigger/approval/decide", { approvalId: "a1", decision: amendment }]);

  link.answer("outrigger/approval/decide", () =>
    Promise.reject(refused("Zed declined it.", { kind: "approvalResolved" })),
  );
  expect(await approvals.decide("a1", "accept")).toEqual({ result: "late", message: "Zed declined it." });
  expect(ids()).toEqual([]);
});

test("a decision that could not be sent leaves the approval pending", async () => {
  const { link, approvals, ids } = story();
  approvals.connect();
  await settled();
  link.note("outrigger/approval/requested", { approval: approval() });
  link.answer("outrigger/approval/decide", () => Promise.reject(refused("not offered", { kind: "decisionInvalid" })));
  expect(await approvals.decide("a1", "maybe")).toEqual({ result: "failed", message: "not offered", hint: null });
  expect([ids(), approvals.isDeciding("a1")]).toEqual([["a1"], false]);
});

test("a command without an id means the only approval, and only once it was on screen long enough", async () => {
  const { link, approvals, later } = story();
  approvals.connect();
  await settled();
  link.note("outrigger/approval/requested", { approval: approval() });
  later(10 * SEEN_AFTER_MS);
  expect(approvals.unambiguous).toBeUndefined();
  approvals.show(["a1"]);
  approvals.show(["a1"]);
  expect(link.notified).toEqual([["outrigger/session/update", { shown: ["a1"] }]]);
  later(SEEN_AFTER_MS - 1);
  expect(approvals.unambiguous).toBeUndefined();
  later(1);
  expect(approvals.unambiguous?.approvalId).toBe("a1");
  link.note("outrigger/approval/requested", { approval: approval({ approvalId: "a2" }) });
  expect(approvals.unambiguous).toBeUndefined();
});

test("of several, keys mean the one that the person was brought to, while it is on screen", async () => {
  const { link, approvals, later } = story();
  approvals.connect();
  await settled();
  for (const approvalId of ["a1", "a2"])
    link.note("outrigger/approval/requested", { approval: approval({ approvalId }) });
  approvals.show(["a1", "a2"]);
  later(SEEN_AFTER_MS);
  expect(approvals.unambiguous).toBeUndefined();
  approvals.bringUp("a2");
  expect(approvals.unambiguous?.approvalId).toBe("a2");
  approvals.show(["a1"]);
  expect([approvals.addressed, approvals.unambiguous]).toEqual([undefined, undefined]);
  approvals.show(["a1", "a2"]);
  approvals.bringUp(null);
  expect(approvals.addressed).toBeUndefined();
  approvals.bringUp("a2");
  link.note("outrigger/approval/resolved", { approvalId: "a2", outcome: "decided", decidedBy: null });
  expect(approvals.addressed?.approvalId).toBe("a1");
});

test("a key that is pressed twice does not decide what came to the front by the first", async () => {
  const { link, approvals, later } = story();
  link.answer("outrigger/approval/decide", () => ({ approval: approval() }));
  approvals.connect();
  await settled();
  for (const approvalId of ["a1", "a2"])
    link.note("outrigger/approval/requested", { approval: approval({ approvalId }) });
  approvals.show(["a1", "a2"]);
  approvals.bringUp("a1");
  later(SEEN_AFTER_MS);
  await approvals.decide("a1", "accept");
  link.note("outrigger/approval/resolved", { approvalId: "a1", outcome: "decided", decidedBy: null });
  expect([approvals.addressed?.approvalId, approvals.unambiguous]).toEqual(["a2", undefined]);
  later(SEEN_AFTER_MS);
  expect(approvals.unambiguous?.approvalId).toBe("a2");
});

test("what other folders wait for is listed apart", async () => {
  const { link, approvals, ids } = story();
  approvals.connect();
  await settled();
  link.note("outrigger/approval/requested", { approval: approval({ approvalId: "here" }) });
  link.note("outrigger/approval/requested", {
    approval: approval({ approvalId: "there", threadId: "other", cwd: "/elsewhere" }),
  });
  expect([ids(), approvals.elsewhere.map(({ approvalId }) => approvalId)]).toEqual([["here"], ["there"]]);
});
