import { expect, test } from "vitest";
import { Approvals } from "../src/approvals";
import { acceptWords, canChoose, choicesOf, decisionOf } from "../src/hunks/choice";
import type { ProposedFile } from "../src/protocol.generated";
import { approval, FakeLink } from "./fakeLink";
import { hunk } from "./hunkTexts";

const POEM = "file:///repo/poem.txt";
const change = approval({ kind: "fileChange", command: null });

function proposed(...ids: string[]): ProposedFile {
  const hunks = ids.map((id, index) => hunk(id, index * 10 + 1, index * 10 + 1, ["-a", "+b", "+c"]));
  return { uri: POEM, kind: "update", oldText: "", newText: "", hunks, conflict: null };
}

test("a change can be accepted in part when it has several hunks whose content is known", () => {
  expect([
    canChoose(change, [proposed("h1", "h2")]),
    canChoose(change, [proposed("h1"), proposed("h2")]),
    canChoose(change, [proposed("h1")]),
    canChoose(change, [proposed("", "")]),
    canChoose({ ...change, options: [] }, [proposed("h1", "h2")]),
    canChoose(approval(), [proposed("h1", "h2")]),
  ]).toEqual([true, true, false, false, false, false]);
});

test("all ticked is accept, none is decline, and some are accepted with the rest refused", () => {
  const choices = choicesOf([proposed("h1", "h2", "h3")]);
  const ticked = (...ids: string[]) => new Set(choices.filter(({ hunk: { hunkId } }) => ids.includes(hunkId)));
  expect(choices.map(({ label, description }) => `${label}: ${description}`)).toEqual([
    "b: lines 1–2 · +2 −1",
    "b: lines 11–12 · +2 −1",
    "b: lines 21–22 · +2 −1",
  ]);
  expect(decisionOf(choices, ticked("h1", "h2", "h3"))).toBe("accept");
  expect(decisionOf(choices, ticked())).toBe("decline");
  expect(decisionOf(choices, ticked("h2"))).toEqual([
    { uri: POEM, hunkId: "h1" },
    { uri: POEM, hunkId: "h3" },
  ]);
  expect([3, 1, 0].map((count) => acceptWords(choices, count))).toEqual([
    "Accept all of it",
    "Accept 1 of 3",
    "Decline all of it",
  ]);
});

test("what is refused goes with the decision, and nothing is added to a whole one", async () => {
  const link = new FakeLink()
    .answer("outrigger/approval/list", () => ({ approvals: [change] }))
    .answer("outrigger/approval/decide", () => ({ approval: change }));
  const approvals = new Approvals(link, () => ["/repo"]);
  await approvals.refresh();
  await approvals.decide("a1", "accept", [{ uri: POEM, hunkId: "h1" }]);
  await approvals.decide("a1", "accept");
  expect(link.asked.slice(1)).toEqual([
    [
      "outrigger/approval/decide",
      { approvalId: "a1", decision: "accept", refusedHunks: [{ uri: POEM, hunkId: "h1" }] },
    ],
    ["outrigger/approval/decide", { approvalId: "a1", decision: "accept" }],
  ]);
});
