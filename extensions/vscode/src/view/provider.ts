// The Outrigger view: gives the webview its page and forwards what happens. All state is here or in the sidecar, so
// that a webview which is gone comes back as it was.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Approvals } from "../approvals";
import { type Unsubscribe, Listeners } from "../door";
import type { ThreadChange } from "../protocol.generated";
import type { Unsaved } from "../surfaces/unsaved";
import type { Place } from "../trust";
import type { Conversation } from "./conversation";
import type { FromView, ToView } from "./messages";

/** Changes are gathered this long before they go to the webview, in milliseconds: a frame's worth. */
const GATHER_MS = 16;

/** What is written and not sent, kept over a reload of the window. */
export type Draft = { get: () => string; set: (text: string) => void };

export class ViewProvider implements vscode.WebviewViewProvider, vscode.Disposable {
  private view: vscode.WebviewView | null = null;
  private ready = false;
  private pageDue = false;
  private threadDue = false;
  private changes: ThreadChange[] = [];
  private timer: NodeJS.Timeout | null = null;
  private unsent: string | null = null;
  private revealed: string | null = null;
  private readonly visibility = new Listeners<void>();
  private readonly subscriptions: Unsubscribe[];

  constructor(
    private readonly extension: vscode.Uri,
    private readonly conversation: Conversation,
    private readonly approvals: Approvals,
    private readonly unsaved: Unsaved,
    private readonly place: () => Place,
    private readonly draft: Draft,
    private readonly onMessage: (message: FromView) => void,
  ) {
    this.subscriptions = [
      conversation.onPage.add(() => this.pageChanged()),
      conversation.onThread.add(() => this.gather(() => (this.threadDue = true))),
      conversation.onChanges.add((changes) => this.gather(() => this.changes.push(...changes))),
      conversation.onUnsent.add((text) => this.gather(() => (this.unsent = text))),
      approvals.onChange(() => this.pageChanged()),
      unsaved.onChange(() => this.pageChanged()),
    ];
  }

  dispose(): void {
    if (this.timer) clearTimeout(this.timer);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  get visible(): boolean {
    return this.view?.visible ?? false;
  }

  onVisible(listener: () => void): Unsubscribe {
    return this.visibility.add(listener);
  }

  pageChanged(): void {
    this.gather(() => (this.pageDue = true));
  }

  /** Brings an approval's card into sight. */
  async reveal(approvalId: string): Promise<void> {
    await vscode.commands.executeCommand("outrigger.view.focus");
    this.gather(() => (this.revealed = approvalId));
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    this.ready = false;
    const root = vscode.Uri.joinPath(this.extension, "dist", "webview");
    view.webview.options = { enableScripts: true, localResourceRoots: [root] };
    view.webview.onDidReceiveMessage((message: FromView) => {
      if (message.type === "ready") this.refill();
      else if (message.type === "draft") this.draft.set(message.text);
      else this.onMessage(message);
    });
    view.onDidChangeVisibility(() => this.visibility.fire());
    view.onDidDispose(() => {
      this.view = null;
      this.ready = false;
      this.visibility.fire();
    });
    view.webview.html = html(view.webview, root);
    this.visibility.fire();
  }

  /** A new webview knows nothing: it gets everything. */
  private refill(): void {
    this.ready = true;
    this.post({ type: "draft", text: this.draft.get() });
    this.gather(() => {
      this.pageDue = true;
      this.threadDue = true;
    });
  }

  private gather(note: () => void): void {
    note();
    if (!this.ready) {
      this.changes = []; // `ready` asks for the whole thread.
      return;
    }
    this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  private flush(): void {
    this.timer = null;
    if (!this.ready) return;
    const { conversation, approvals } = this;
    if (this.threadDue) this.post({ type: "thread", thread: conversation.thread });
    else if (this.changes.length > 0) this.post({ type: "changes", changes: this.changes });
    if (this.pageDue) {
      const pending = approvals.pending;
      const deciding = pending.map((a) => a.approvalId).filter((id) => approvals.isDeciding(id));
      const page = {
        ...conversation.page,
        place: this.place(),
        approvals: pending,
        deciding,
        unsaved: this.unsaved.approvalIds,
      };
      this.post({ type: "page", page });
      this.badge(pending.length);
    }
    if (this.unsent !== null) this.post({ type: "unsent", text: this.unsent });
    if (this.revealed !== null) this.post({ type: "reveal", approvalId: this.revealed });
    [this.threadDue, this.pageDue, this.changes] = [false, false, []];
    [this.unsent, this.revealed] = [null, null];
  }

  private badge(count: number): void {
    if (!this.view) return;
    this.view.badge = count === 0 ? undefined : { value: count, tooltip: "Codex waits for you" };
  }

  private post(message: ToView): void {
    void this.view?.webview.postMessage(message);
  }
}

function html(webview: vscode.Webview, root: vscode.Uri): string {
  const uri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outrigger</title>
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${uri("codicon.css")}" nonce="${nonce}">
<style nonce="${nonce}">html, body { height: 100%; margin: 0; padding: 0; }</style>
</head>
<body>
<outrigger-view></outrigger-view>
<script type="module" nonce="${nonce}" src="${uri("main.js")}"></script>
</body>
</html>`;
}
