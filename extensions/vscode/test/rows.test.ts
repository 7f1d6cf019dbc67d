import { expect, test } from "vitest";
import type { ItemState, TurnState } from "../src/protocol.generated";
import { askedAt, contextUsed, quoted, written } from "../src/view/caret";
import { inputOf, messageOf } from "../src/view/input";
import { limitsOf } from "../src/view/limits";
import { fenced, markdownOf } from "../src/view/markdownExport";
import { markerKinds, markerName, QUIET_MARKERS, rowsOf } from "../src/view/rows";
import { snapshot } from "./fakeLink";

const item = (type: string, itemId: string, fields: object = {}): ItemState => ({
  itemId,
  type,
  status: "completed",
  ...fields,
});
const user = (itemId: string, text: string) => item("userMessage", itemId, { content: [{ type: "text", text }] });
const turn = (turnId: string, items: ItemState[], fields: Partial<TurnState> = {}): TurnState => ({
  ...{ turnId, status: "completed", error: null, startedAt: 1, completedAt: 2, items, markers: [] },
  ...fields,
});
const thread = (turns: TurnState[]) => ({ ...snapshot().thread, turns });
const outline = (turns: TurnState[], hidden: string[] = QUIET_MARKERS) =>
  rowsOf(thread(turns), new Set(hidden)).map((row) => (row.kind === "marker" ? row.marker.kind : row.kind));

test("a turn is its items, its plan, what happened, and what is to be done about it", () => {
  const markers = [
    { kind: "turnStarted", text: "", at: 1 },
    { kind: "warning", text: "Nearly full", at: 2 },
    { kind: "error", text: "It broke", at: 3 },
  ];
  const plan = { explanation: null, plan: [{ step: "Look", status: "pending" }] };
  const changed = item("fileChange", "i2", { changes: [] });
  const failed = turn("u1", [user("i1", "Hi"), changed], {
    ...{ markers, plan, status: "failed", error: { message: "It broke" } },
  });
  expect(outline([failed])).toEqual(["item", "item", "plan", "warning", "end"]);
  expect(outline([failed], [])).toEqual(["item", "item", "plan", "turnStarted", "warning", "end"]);
  expect([...markerKinds(thread([failed]))]).toEqual([
    ["turnStarted", 1],
    ["warning", 1],
    ["error", 1],
  ]);
});

test("only the last turn that has said nothing yet says that it works", () => {
  const silent = (turnId: string) => turn(turnId, [user(`${turnId}i`, "Hi")], { status: "inProgress" });
  expect(outline([silent("u1")])).toEqual(["item", "end"]);
  expect(outline([turn("u1", [user("i", "Hi"), item("agentMessage", "a", { text: "Yes" })])])).toEqual([
    "item",
    "item",
  ]);
});

test("a marker that nobody has named yet is spelt as it comes", () => {
  expect([markerName("modelRerouted"), markerName("somethingNewHere")]).toEqual([
    "Another model answered",
    "Something new here",
  ]);
});

test("what is typed at the cursor asks for suggestions at the start of a word only", () => {
  const asked = (text: string, cursor = text.length) => askedAt(text, cursor)?.query ?? null;
  expect([
    ...["@", "Look at @src/gr", "mail ada@example.com", "/mo", "Not /mo", "$im", "costs $", "a\n@b"].map((text) =>
      asked(text),
    ),
    asked("@one two", 4),
    asked("@one two"),
  ]).toEqual(["@", "@src/gr", null, "/mo", null, "$im", "$", "@b", "@one", null]);
});

test("the arrow up goes through what was written, the last first and each once", () => {
  const turns = [turn("u1", [user("a", "one"), user("b", "two")]), turn("u2", [user("c", "one")])];
  expect(written(thread(turns))).toEqual(["one", "two"]);
});

test("a quotation goes behind what is written", () => {
  expect(quoted("a\n\nb\n", "Before ")).toBe("Before\n\n> a\n>\n> b\n\n");
});

test("the context used is told where the app-server tells it", () => {
  expect(contextUsed({ last: { totalTokens: 41_000 }, modelContextWindow: 272_000 })?.percent).toBe(15);
  expect([contextUsed(null), contextUsed({ last: { totalTokens: 1 }, modelContextWindow: null })]).toEqual([
    null,
    null,
  ]);
});

test("a message is its text, the skills that it names, and its pictures, and comes back as it was", () => {
  const skills = ["review", "pdf"].map((name) => ({ name, path: `/skills/${name}/SKILL.md` }));
  const message = { text: "Please $review this, not $pdf-like", pictures: ["data:image/png;base64,AA=="] };
  const input = inputOf(message, skills);
  expect(input).toEqual([
    { type: "text", text: message.text, text_elements: [] },
    { type: "skill", name: "review", path: "/skills/review/SKILL.md" },
    { type: "image", url: "data:image/png;base64,AA==" },
  ]);
  expect(messageOf(input)).toEqual(message);
  expect(inputOf({ text: "  ", pictures: [] })).toEqual([]);
});

test("limits are called by how long they last", () => {
  const limits = limitsOf({
    primary: { usedPercent: 42, windowDurationMins: 300 },
    secondary: { usedPercent: 83.4, windowDurationMins: 10_080, resetsAt: 1_795_300_000 },
  });
  expect(limits.map(({ name, percent }) => `${name} ${percent}`)).toEqual(["5 h 42", "Week 83"]);
  expect(limitsOf(null)).toEqual([]);
});

test("a thread is exported with fences that its texts can't end", () => {
  const turns = [
    turn("u1", [
      user("i1", "Run it"),
      item("commandExecution", "i2", {
        command: "/bin/bash -lc 'cat notes.md'",
        aggregatedOutput: "```\nnot the end\n```\n",
        exitCode: 2,
      }),
      item("agentMessage", "i3", { text: "Done." }),
    ]),
  ];
  expect(markdownOf({ ...thread(turns), cwd: "/repo", model: null }, "Notes")).toBe(
    [
      "# Notes",
      "- Folder: `/repo`",
      "## You\n\nRun it",
      "Ran (exit 2)\n\n```sh\ncat notes.md\n```\n\n````\n```\nnot the end\n```\n````",
      "## Codex\n\nDone.",
    ].join("\n\n") + "\n",
  );
  expect(fenced("plain", "")).toBe("```\nplain\n```");
});
