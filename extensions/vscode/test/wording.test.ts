import { expect, test } from "vitest";
import type { ItemState } from "../src/protocol.generated";
import { diffCounts, goneText, headline, oneLine, optionLabel, typedCommand } from "../src/wording";
import { answersOf, questionsOf } from "../src/questions";
import { placeOf } from "../src/trust";
import { fileChange, mayHaveWritten, relativePath, userText } from "../src/view/items";
import { fileLink } from "../src/webview/links";
import { approval } from "./fakeLink";

test.each([
  ["/bin/bash -lc 'touch a'", "touch a"],
  ["/usr/bin/zsh -lc ls", "ls"],
  [`/bin/bash -lc 'echo '"'"'hi'"'"''`, "echo 'hi'"],
  ["/bin/bash -lc 'a' && rm -rf /", "/bin/bash -lc 'a' && rm -rf /"],
  [`/bin/bash -lc "echo $HOME"`, `/bin/bash -lc "echo $HOME"`],
  ["git status", "git status"],
])("%s reads as %s", (command, typed) => expect(typedCommand(command)).toBe(typed));

test("each kind of approval has its sentence", () => {
  const changes = (...kinds: ("add" | "delete" | "update")[]) =>
    kinds.map((kind) => ({ uri: "file:///repo/a%20b.ts", kind, diff: "", hunks: [] }));
  const file = (...kinds: ("add" | "delete" | "update")[]) =>
    approval({ kind: "fileChange", changes: changes(...kinds) });
  expect(
    [
      approval(),
      approval({ network: { host: "npmjs.org", protocol: "https" } }),
      file("add"),
      file("delete"),
      file("update"),
      file("update", "add"),
      approval({ kind: "question" }),
    ].map(headline),
  ).toEqual([
    "Codex wants to run: touch a",
    "Codex wants to connect to npmjs.org",
    "Codex wants to create a b.ts",
    "Codex wants to delete a b.ts",
    "Codex wants to change a b.ts",
    "Codex wants to change 2 files",
    "Codex has a question",
  ]);
  expect(goneText(approval(), "decided", "Accepted in Zed")).toBe("Accepted in Zed: run: touch a");
});

test("options are named by what they do; an unknown one keeps the name it came with", () => {
  const network = { applyNetworkPolicyAmendment: { network_policy_amendment: { host: "x.org", action: "deny" } } };
  const label = (decision: unknown) => optionLabel({ decision, label: "as sent", scope: "once" });
  expect(["accept", network, "somethingNew", null].map(label)).toEqual([
    "Accept",
    "Always block in every project, for ever: x.org",
    "as sent",
    "as sent",
  ]);
});

test("a cut keeps characters whole and says that something is missing", () => {
  expect(oneLine("a\n  b", 9)).toEqual({ text: "a ⏎ b", whole: true });
  expect(oneLine("ab😀cd", 4)).toEqual({ text: "ab…", whole: false });
});

test("only lines of hunks count", () => {
  expect(diffCounts("--- a\n+++ b\n@@ -1 +1,2 @@\n-x\n+y\n+z\n")).toEqual({ added: 2, removed: 1 });
});

test("questions are read with care and answered in the schema's shape", () => {
  const request = {
    questions: [
      {
        id: "q1",
        header: "Pick",
        question: "Which?",
        isOther: true,
        isSecret: false,
        options: [{ label: "A", description: "first" }],
      },
      { id: "q2", header: "", question: "Name?", options: null },
      "nonsense",
    ],
  };
  const questions = questionsOf({ questions: null, request });
  expect(questions).toEqual([
    {
      id: "q1",
      header: "Pick",
      question: "Which?",
      isOther: true,
      isSecret: false,
      options: [{ label: "A", description: "first" }],
    },
    { id: "q2", header: "", question: "Name?", isOther: true, isSecret: false, options: [] },
  ]);
  expect(answersOf(questions, { q1: "A", q2: "  " })).toBeNull();
  expect(answersOf(questions, { q1: "A", q2: " x " })).toEqual({
    answers: { q1: { answers: ["A"] }, q2: { answers: ["x"] } },
  });
});

test("nothing runs in a window that is not trusted, nor without a folder", () => {
  expect([placeOf(false, 1), placeOf(false, 0), placeOf(true, 0), placeOf(true, 2)]).toEqual([
    "untrusted",
    "untrusted",
    "noFolder",
    "open",
  ]);
});

test("the app-server's raw content of an added file and our unified diff read the same", () => {
  const raw = fileChange({ path: "/repo/a", kind: { type: "add" }, diff: "one\ntwo\n" });
  const ours = fileChange({
    uri: "/repo/a",
    kind: "add",
    diff: "--- /dev/null\n+++ b/a\n@@ -0,0 +1,2 @@\n+one\n+two\n",
  });
  expect(raw).toEqual({
    path: "/repo/a",
    kind: "add",
    movedTo: null,
    added: 2,
    removed: 0,
    lines: [
      { kind: "added", text: "+one" },
      { kind: "added", text: "+two" },
    ],
  });
  expect({ ...ours, lines: ours?.lines.slice(1) }).toEqual(raw);
  const moved = fileChange({
    path: "/a",
    kind: { type: "update", move_path: "/b" },
    diff: "@@ -1 +1 @@\n-x\n+y\n\nMoved to: /b",
  });
  expect(moved).toMatchObject({ movedTo: "/b", added: 1, removed: 1, lines: [{}, {}, {}] });
});

test("what the person wrote, and paths as they read best", () => {
  const content = [
    { type: "text", text: "look" },
    { type: "localImage", path: "/x.png" },
  ];
  expect(userText({ itemId: "u", type: "userMessage", status: null, content })).toBe("look\n[localImage]");
  expect([relativePath("file:///repo/a%20b", "/repo/"), relativePath("/repository/a", "/repo")]).toEqual([
    "a b",
    "/repository/a",
  ]);
});

test("links of a model: files open in the editor, the rest is left to VS Code", () => {
  expect(["src/main.rs:12", "/a/b%20c.ts#L3", "x.md", "https://x.org", "command:evil", "#top"].map(fileLink)).toEqual([
    { path: "src/main.rs", line: 12 },
    { path: "/a/b c.ts", line: 3 },
    { path: "x.md", line: null },
    null,
    null,
    null,
  ]);
});

test("a turn may have written by a change that was not declined, or by a command that does more than look", () => {
  const item = (fields: Partial<ItemState>): ItemState => ({
    itemId: "i",
    type: "agentMessage",
    status: "completed",
    ...fields,
  });
  const command = (...types: string[]) =>
    item({ type: "commandExecution", commandActions: types.map((type) => ({ type, command: "x" })) });
  const written = (...items: ItemState[]) => mayHaveWritten(items);
  expect([
    written(item({})),
    written(item({ type: "fileChange", status: "declined" })),
    written(command("read", "search")),
    written(item({ type: "commandExecution" })),
    written(item({}), item({ type: "fileChange" })),
    written(command("read", "unknown")),
  ]).toEqual([false, false, false, false, true, true]);
});
