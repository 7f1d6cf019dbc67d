import { expect, test } from "vitest";
import { applyChanges, Transcript } from "../src/view/transcript";
import { snapshot, turn } from "./fakeLink";

const message = { itemId: "m1", type: "agentMessage", status: null, text: "" };

test("a turn streams in: the turn, its item, the text, and the whole item at the end", () => {
  const transcript = Transcript.of(snapshot({}, 7));
  const notes = [
    { op: "turn", turnId: "u1", value: turn({ status: "inProgress", completedAt: null }) },
    { op: "item", turnId: "u1", itemId: "m1", value: message },
    { op: "text", turnId: "u1", itemId: "m1", field: "text", append: "Hel" },
    { op: "text", turnId: "u1", itemId: "m1", field: "text", append: "lo" },
    { op: "item", turnId: "u1", itemId: "m1", value: { ...message, text: "Hello." } },
    { op: "marker", turnId: "u1", value: { kind: "warning", text: "slow", at: 3 } },
    { op: "turn", turnId: "u1", value: { status: "completed", completedAt: 2 } },
    { op: "status", value: { type: "idle" } },
    { op: "status", field: "name", value: "Say hello" },
    { op: "usage", value: { total: 15 } },
  ] as const;
  const applied = notes.map((change, index) =>
    transcript.apply({ threadId: "t1", revision: 8 + index, changes: [change] }),
  );
  expect(applied).toEqual(notes.map(() => "applied"));
  expect(transcript.revision).toBe(17);
  expect(transcript.thread).toEqual(
    snapshot({
      name: "Say hello",
      usage: { total: 15 },
      turns: [turn({ items: [{ ...message, text: "Hello." }], markers: [{ kind: "warning", text: "slow", at: 3 }] })],
    }).thread,
  );
});

test("text goes to a numbered part, and the item is another object so that a view sees it", () => {
  const { thread } = snapshot({ turns: [turn({ items: [{ itemId: "r", type: "reasoning", status: null }] })] });
  const before = thread.turns[0]?.items[0];
  applyChanges(thread, [
    { op: "text", turnId: "u1", itemId: "r", field: "summary/1", append: "b" },
    { op: "text", turnId: "u1", itemId: "r", field: "summary/0", append: "a" },
    { op: "text", turnId: "u1", itemId: "r", field: "summary/1000000", append: "never" },
  ]);
  expect(thread.turns[0]?.items[0]).toEqual({ itemId: "r", type: "reasoning", status: null, summary: ["a", "b"] });
  expect(thread.turns[0]?.items[0]).not.toBe(before);
});

test("the same item id in two turns is two items", () => {
  const { thread } = snapshot({ turns: [turn({ items: [message] })] });
  applyChanges(thread, [{ op: "item", turnId: "u2", itemId: "m1", value: { ...message, text: "second" } }]);
  expect(thread.turns.map(({ turnId, items }) => [turnId, items.map((item) => item["text"])])).toEqual([
    ["u1", [""]],
    ["u2", ["second"]],
  ]);
});

test("what the snapshot has already is stale, a missing revision is a gap, and reset asks for a snapshot", () => {
  const transcript = Transcript.of(snapshot({}, 5));
  const status = { op: "status", value: { type: "active" } } as const;
  expect(transcript.apply({ threadId: "t1", revision: 5, changes: [status] })).toBe("stale");
  expect(transcript.apply({ threadId: "t1", revision: 7, changes: [status] })).toBe("gap");
  expect(transcript.apply({ threadId: "t1", revision: 6, changes: [{ op: "reset" }] })).toBe("reset");
  expect(transcript.thread.status).toEqual({ type: "idle" });
});

test("earlier items come before what is here, and a turn that was cut in two is made whole", () => {
  const item = (itemId: string) => ({ itemId, type: "agentMessage", status: null });
  const transcript = Transcript.of({
    ...snapshot({ turns: [turn({ turnId: "u2", items: [item("b")] })] }),
    olderCursor: "c",
  });
  transcript.prepend(
    snapshot({
      turns: [turn({ turnId: "u1", items: [item("a")] }), turn({ turnId: "u2", items: [item("a"), item("b")] })],
    }),
  );
  expect(transcript.olderCursor).toBeNull();
  expect(transcript.thread.turns.map((t) => [t.turnId, t.items.map((i) => i.itemId)])).toEqual([
    ["u1", ["a"]],
    ["u2", ["a", "b"]],
  ]);
});
