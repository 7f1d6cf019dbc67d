import { expect, test } from "vitest";
import { diagnosticsText } from "../src/diagnostics";
import type { LinkState } from "../src/door";
import type { AppServerStatus } from "../src/protocol.generated";
import { statusOf } from "../src/status";
import { approval } from "./fakeLink";

const RUNNING = { state: "running" } as const;
const READY: AppServerStatus = { state: "ready", version: "0.169.0", attempt: 0, retryAt: null, lastError: null };
const failed = (kind: "cliMissing" | "crashLoop", message: string): AppServerStatus => ({
  ...READY,
  state: "failed",
  lastError: { kind, message, hint: null },
});

function words(link: LinkState, appServer: AppServerStatus | null = null, activeTurnId: string | null = null) {
  const status = statusOf("open", { link, appServer, activeTurnId }, []);
  return status && [status.text, status.tooltip, status.command];
}

test("each state has its text, its tooltip and its click", () => {
  const view = "outrigger.view.focus";
  const stopped = { state: "stopped", message: "It stopped answering.", hint: null, remedy: "daemon" } as const;
  expect([
    words({ state: "starting", again: false }),
    words({ state: "starting", again: true }),
    words(RUNNING),
    words(RUNNING, READY),
    words(RUNNING, READY, "u1"),
    words(RUNNING, failed("cliMissing", "No codex was found.")),
    words(RUNNING, failed("crashLoop", "It exits with 1.")),
    words(stopped, READY),
    words({ ...stopped, message: "It ended.", remedy: "restart" }),
  ]).toEqual([
    ["$(loading~spin) Outrigger", "Starting Outrigger…", view],
    ["$(loading~spin) Outrigger", "Outrigger's connection was lost. Connecting again…", view],
    ["$(loading~spin) Codex", "Starting Codex…", view],
    ["$(comment-discussion) Codex", "Codex 0.169.0 is ready. Click to write to it.", view],
    ["$(sync~spin) Codex", "Codex is working. Click to watch.", view],
    ["$(warning) Codex not found", "No codex was found.\nClick to see what to do.", view],
    ["$(warning) Codex is not running", "It exits with 1.", view],
    [
      "$(warning) Outrigger stopped",
      "It stopped answering.\nClick to restart the daemon.",
      "outrigger.restartToUpdate",
    ],
    ["$(warning) Outrigger stopped", "It ended.\nClick to restart it.", "outrigger.restart"],
  ]);
});

test("what waits for the person comes before all else, with a count", () => {
  const page = { link: RUNNING, appServer: READY, activeTurnId: "u1" };
  expect(statusOf("open", page, [approval(), approval({ approvalId: "a2", command: "npm test" })])).toEqual({
    text: "$(bell-dot) Codex waits for you (2)",
    tooltip: "Codex wants to run: touch a\nCodex wants to run: npm test",
    command: "outrigger.approval.next",
    calls: true,
  });
});

test("where nothing may run there is nothing to say", () => {
  const page = { link: { state: "off" } as const, appServer: null, activeTurnId: null };
  expect([statusOf("untrusted", page, []), statusOf("noFolder", page, []), statusOf("open", page, [])]).toEqual([
    null,
    null,
    null,
  ]);
});

test("diagnostics have versions, states and figures, and no word of what was said or where", () => {
  const secret = "/home/ada/secret: sk-live-1234";
  const text = diagnosticsText({
    versions: { editor: "Code 1.106.0", extension: "0.1.0", platform: "linux-x64" },
    link: RUNNING,
    pid: 12,
    hello: { methods: [], notifications: [], version: "0.1.0", daemon: { pid: 7, version: "0.0.9", newer: true } },
    appServer: failed("crashLoop", secret),
    waiting: 1,
    diagnostics: [
      { level: "warning", kind: "refused", method: "a/b", message: secret, count: 3, contractVersion: "0.169.0" },
    ],
    metrics: {
      startup: { startedAt: 1, readyLatencyMs: 40 },
      methods: [{ method: "outrigger/ping", count: 2, errors: 0, p50Ms: 1, p95Ms: 2, p99Ms: 2 }],
      memory: { residentBytes: 1_000, threadsHeld: 1, outboxBytes: 0 },
      sessions: 2,
    },
  });
  expect(text.split("\n")).toEqual([
    "### Outrigger",
    "",
    "- Editor: Code 1.106.0",
    "- Extension: 0.1.0",
    "- Platform: linux-x64",
    "- Outrigger: 0.1.0 (pid 12)",
    "- Daemon: 0.0.9 (pid 7), a newer one is installed",
    "- Codex: 0.169.0",
    "- Connection: running",
    "- App-server: failed, last error crashLoop",
    "- Waiting: 1",
    "- Memory: 1000 bytes, 1 threads, 0 bytes to send",
    "- Sessions: 2",
    "- Ready after: 40 ms",
    "",
    "#### Last diagnostics",
    "",
    "- warning refused a/b (3 times)",
    "",
    "| Method | Count | Errors | p50 ms | p95 ms | p99 ms |",
    "|---|---|---|---|---|---|",
    "| outrigger/ping | 2 | 0 | 1 | 2 | 2 |",
    "",
  ]);
});
