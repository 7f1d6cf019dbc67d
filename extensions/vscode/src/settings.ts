// The only reader of settings.

import * as vscode from "vscode";

export type Codex = { path?: string; args: string[] };

function text(key: string): string {
  return vscode.workspace.getConfiguration("outrigger").get<string | null>(key)?.trim() ?? "";
}

/** The sidecar to run: the person's own, or the one beside the extension. */
export function sidecarPath(extension: vscode.Uri): string {
  const chosen = text("path");
  if (chosen) return chosen;
  const name = process.platform === "win32" ? "outrigger.exe" : "outrigger";
  return vscode.Uri.joinPath(extension, "server", name).fsPath;
}

/** Its arguments: a relay to the daemon, unless the person wants none. */
export function sidecarArgs(): string[] {
  const solo = vscode.workspace.getConfiguration("outrigger").get<boolean>("solo") ?? false;
  return solo ? ["--stdio", "--solo"] : ["--stdio"];
}

export function codex(): Codex {
  const path = text("codex.path");
  return {
    ...(path ? { path } : {}),
    args: vscode.workspace.getConfiguration("outrigger").get<string[]>("codex.args") ?? [],
  };
}

export function threadSettings(): { approvalPolicy?: string; sandbox?: string } {
  const approvalPolicy = text("thread.approvalPolicy");
  const sandbox = text("thread.sandbox");
  return { ...(approvalPolicy ? { approvalPolicy } : {}), ...(sandbox ? { sandbox } : {}) };
}

/** Whether lenses are drawn at all: a person may have turned them off. */
export function codeLensEnabled(document: vscode.TextDocument): boolean {
  return vscode.workspace.getConfiguration("editor", document).get<boolean>("codeLens") ?? true;
}

/** Whether the system's own notifications are used. */
export function systemNotifications(): boolean {
  return vscode.workspace.getConfiguration("outrigger").get<boolean>("notifications.system") ?? true;
}

/** At which hunks lenses stand. */
export function hunkLenses(): "agent" | "all" | "off" {
  return vscode.workspace.getConfiguration("outrigger").get<"agent" | "all" | "off">("hunks.lenses") ?? "agent";
}

/** Which hunks are marked in the gutter and in the overview ruler. */
export function hunkMarks(): "agent" | "all" | "off" {
  return vscode.workspace.getConfiguration("outrigger").get<"agent" | "all" | "off">("hunks.marks") ?? "agent";
}

export function onHunkSettings(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration("outrigger.hunks")) listener();
  });
}

/** Calls `listener` when a setting that needs another sidecar process has changed. */
export function onSidecarSettings(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (["outrigger.path", "outrigger.solo", "outrigger.codex"].some((key) => event.affectsConfiguration(key)))
      listener();
  });
}
