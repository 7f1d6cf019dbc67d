// What a person sends along when something is wrong: versions, states, figures. No secret, no path and no content of a
// file or a conversation is in it. No VS Code in it.

import type { Hello, LinkState } from "./door";
import type { AppServerStatus, Diagnostic, Metrics } from "./protocol.generated";

/** The last ones are kept. */
const MOST_KEPT = 20;

export type Versions = { editor: string; extension: string; platform: string };

export type Facts = {
  versions: Versions;
  link: LinkState;
  /** Of the sidecar's process. */
  pid: number | null;
  hello: Hello | null;
  appServer: AppServerStatus | null;
  waiting: number;
  diagnostics: Diagnostic[];
  metrics: Metrics | null;
};

/** The last diagnostics that Outrigger told. */
export class Diagnostics {
  private readonly kept: Diagnostic[] = [];

  get last(): Diagnostic[] {
    return this.kept;
  }

  add(diagnostic: Diagnostic): void {
    this.kept.push(diagnostic);
    if (this.kept.length > MOST_KEPT) this.kept.shift();
  }
}

export function diagnosticsText({ versions, hello, pid, appServer, ...facts }: Facts): string {
  const daemon = hello?.daemon;
  const rows: [string, string][] = [
    ["Editor", versions.editor],
    ["Extension", versions.extension],
    ["Platform", versions.platform],
    ["Outrigger", hello ? `${hello.version} (pid ${pid ?? "unknown"})` : "not running"],
    [
      "Daemon",
      daemon ? `${daemon.version} (pid ${daemon.pid})${daemon.newer ? ", a newer one is installed" : ""}` : "none",
    ],
    ["Codex", appServer?.version ?? "unknown"],
    ["Connection", facts.link.state],
    ["App-server", appServerText(appServer)],
    ["Waiting", String(facts.waiting)],
  ];
  const figures = (facts.metrics?.methods ?? []).map(
    ({ method, count, errors, p50Ms, p95Ms, p99Ms }) =>
      `| ${method} | ${count} | ${errors} | ${p50Ms} | ${p95Ms} | ${p99Ms} |`,
  );
  const { memory, sessions, startup } = facts.metrics ?? {};
  return [
    "### Outrigger",
    "",
    ...rows.map(([name, value]) => `- ${name}: ${value}`),
    ...(memory
      ? [
          `- Memory: ${memory.residentBytes ?? "unknown"} bytes, ${memory.threadsHeld} threads, ${memory.outboxBytes} bytes to send`,
          `- Sessions: ${sessions}`,
          `- Ready after: ${startup?.readyLatencyMs ?? "not yet"} ms`,
        ]
      : []),
    ...(facts.diagnostics.length > 0 ? ["", "#### Last diagnostics", ""] : []),
    ...facts.diagnostics.map(
      ({ level, kind, method, count }) => `- ${level} ${kind}${method ? ` ${method}` : ""} (${count} times)`,
    ),
    ...(figures.length > 0
      ? ["", "| Method | Count | Errors | p50 ms | p95 ms | p99 ms |", "|---|---|---|---|---|---|", ...figures]
      : []),
    "",
  ].join("\n");
}

function appServerText(status: AppServerStatus | null): string {
  if (!status) return "unknown";
  return status.lastError ? `${status.state}, last error ${status.lastError.kind}` : status.state;
}
