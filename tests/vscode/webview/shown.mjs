// Scenes of the view: one for each state that a person meets, with everything in it that a thread can have.
import { agent, approval, item, page, thread, threadRow, threadsPage, turn, user } from "./scenes.mjs";

const code =
  "```ts\nexport function greet(name: string): string {\n  // A good part of the day.\n  return `Hello ${name}`;\n}\n```";
const prose = [
  "## What I changed",
  "The greeting in `src/greeting.ts:20` is **warmer** now; see [the docs](https://example.com/docs) and [the shop](src/shop.ts#L3).",
  "- [x] greet\n- [ ] say goodbye",
  "1. First\n2. Second",
  "> Quoted words",
  "| Part | Words |\n| --- | ---: |\n| morning | 12 |\n| evening | 9 |",
  code,
].join("\n\n");
const diff = [
  "--- a/src/greeting.ts\n+++ b/src/greeting.ts\n@@ -18,4 +18,4 @@ export function greet\n export function greet(customer) {",
  "   const part = partOfDay(hour);\n-  return `Good ${part}`;\n+  return `A good ${part} to you`;\n }",
  "@@ -30,2 +30,3 @@\n export function farewell() {\n+  wave();\n }",
].join("\n");

const coloured =
  "\u001b[1mRUN\u001b[0m 3 tests\n\u001b[32m✓\u001b[0m greets\n\u001b[31m✗ waves\u001b[0m\n\u001b[38;2;200;120;0mslow\u001b[0m\n";
const exec = (itemId, command, fields) =>
  item("commandExecution", itemId, {
    command: `/bin/bash -lc '${command}'`,
    commandActions: [{ type: "unknown", command }],
    ...fields,
  });

export const wholeThread = thread([
  turn(
    "u1",
    [
      user("i1", "Greet people who come back a little more warmly, and tell me what you changed"),
      item("reasoning", "i2", { summary: ["**Looking at the greeting**\n\nIt is in one place."], content: [] }),
      exec("i3", "npm test", { exitCode: 1, aggregatedOutput: coloured, status: "failed" }),
      item("fileChange", "i4", {
        changes: [{ path: "/home/ada/shop/src/greeting.ts", kind: { type: "update", move_path: null }, diff }],
      }),
      item("mcpToolCall", "i5", {
        server: "tracker",
        tool: "find",
        arguments: { query: "greeting" },
        result: { content: [{ type: "text", text: "3 issues" }] },
      }),
      item("webSearch", "i6", { query: "warm greetings", action: { type: "search", query: "warm greetings" } }),
      agent("i7", prose),
    ],
    {
      plan: {
        explanation: "First a look.",
        plan: [
          { step: "Look at the greeting", status: "completed" },
          { step: "Change it", status: "inProgress" },
          { step: "Run the tests", status: "pending" },
        ],
      },
      markers: [
        { kind: "turnStarted", text: "", at: 1 },
        { kind: "warning", text: "The context is nearly full.", at: 2 },
        { kind: "turnCompleted", text: "", at: 3 },
      ],
    },
  ),
  turn("u2", [user("i8", "And now?"), exec("c9", "npm test", { status: "inProgress", output: "running\n" })], {
    status: "inProgress",
  }),
]);

export const scenes = {
  thread: [
    {
      type: "page",
      page: page({
        activeTurnId: "u2",
        limits: [
          { name: "5 h", percent: 42, resets: "Resets Mon" },
          { name: "Week", percent: 83, resets: "" },
        ],
      }),
    },
    { type: "thread", thread: wholeThread },
  ],
  waits: [
    {
      type: "page",
      page: page({
        activeTurnId: "u2",
        approvals: [approval()],
        queue: [
          { id: "q1", text: "Then write the tests", pictures: [] },
          { id: "q2", text: "And push", pictures: [] },
        ],
      }),
    },
    { type: "thread", thread: wholeThread },
  ],
  threads: [
    {
      type: "page",
      page: page({
        listing: true,
        threads: threadsPage(
          [
            threadRow("t", "Greet people who come back a little more warmly", { pinned: true }),
            threadRow("t2", "Sum up the cart", { running: true }),
            threadRow("t3", "Rename the till", { unread: true, updatedAt: Date.now() - 90_000_000 }),
            threadRow("t4", "A thread that waits", { waiting: true }),
            threadRow("t5", "Gone soon", { deleted: true }),
            threadRow("t6", "Somewhere else", { here: false, folder: "bakery" }),
          ],
          { more: true },
        ),
      }),
    },
  ],
  empty: [
    { type: "page", page: page({ threadId: null }) },
    { type: "thread", thread: null },
  ],
  noThreads: [{ type: "page", page: page({ listing: true }) }],
  failed: [
    {
      type: "page",
      page: page({
        notice: { text: "The app-server is gone.", hint: "Try again." },
        readOnly: "thread t already has an active writer",
      }),
    },
    {
      type: "thread",
      thread: thread([
        turn("u1", [user("i1", "Hi")], {
          status: "failed",
          error: { message: "stream disconnected", additionalDetails: "503" },
        }),
        turn("u2", [user("i2", "Again")], { status: "interrupted" }),
      ]),
    },
  ],
  signedOut: [
    { type: "page", page: page({ threadId: null, signedOut: true }) },
    { type: "thread", thread: null },
  ],
};
