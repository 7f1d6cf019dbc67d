// The Outrigger view: gives the webview its page and forwards what happens. All state is here or in the sidecar, so
// that a webview which is gone, or no longer answers, comes back as it was.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Account } from "../account/account";
import type { Approvals } from "../approvals";
import { Listeners, type Unsubscribe } from "../door";
import type { Drafts } from "../drafts";
import { language, texts } from "../l10n";
import { RestartBudget } from "../restartBudget";
import type { Proposals } from "../surfaces/proposals";
import type { Unsaved } from "../surfaces/unsaved";
import type { Place } from "../trust";
import { Watchdog } from "../watchdog";
import type { Choices } from "./choices";
import type { Conversation } from "./conversation";
import type { Decisions } from "./decisions";
import { brokenPage, webviewPage } from "./html";
import { limitsOf } from "./limits";
import type { FromView, Message, ToView, ViewPage } from "./messages";
import { Outlet, type Told } from "./outlet";
import type { Queue } from "./queue";
import type { Threads } from "./threads";

/** What happens is gathered this long before it goes to the webview, in milliseconds: a frame's worth. */
const GATHER_MS = 16;
/** A webview that stops answering is rebuilt this often within this many milliseconds; then a person is asked. */
const [REBUILDS, WINDOW_MS] = [2, 10 * 60_000];

/** Where the view's content comes from. */
export type Content = {
  conversation: Conversation;
  approvals: Approvals;
  unsaved: Unsaved;
  queue: Queue;
  decisions: Decisions;
  proposals: Proposals;
  drafts: Drafts;
  threads: Threads;
  choices: Choices;
  account: Account;
  place: () => Place;
  /** Whether what a turn did can be shown and undone. */
  turns: () => boolean;
};

export class ViewProvider implements vscode.WebviewViewProvider, vscode.Disposable {
  private view: vscode.WebviewView | null = null;
  private readonly outlet: Outlet;
  private readonly visibility = new Listeners<void>();
  private readonly budget = new RestartBudget(REBUILDS, WINDOW_MS);
  private readonly watchdog = new Watchdog({ ask: () => this.ask(), dead: () => this.died() });
  private answered: () => void = () => undefined;
  /** The webview was given more time: on a slow machine it may take long to load. */
  private waited = false;
  private draftOf: string | null;
  private readonly subscriptions: Unsubscribe[];

  constructor(
    private readonly extension: vscode.Uri,
    private readonly content: Content,
    private readonly log: vscode.LogOutputChannel,
    private readonly onMessage: (message: FromView) => void,
  ) {
    const { conversation, approvals, unsaved, queue, decisions, proposals, drafts, threads, choices, account } =
      content;
    this.draftOf = conversation.page.threadId;
    this.outlet = new Outlet({
      page: () => this.page(),
      thread: () => conversation.thread,
      post: (message) => void this.view?.webview.postMessage(message),
      later: (flush) => void setTimeout(flush, GATHER_MS),
    });
    const pageChanged = () => this.pageChanged();
    const focus = vscode.window.onDidChangeWindowState(() => this.watch());
    this.subscriptions = [
      conversation.onPage.add(() => this.followThread()),
      conversation.onThread.add(() => this.outlet.thread()),
      conversation.onChanges.add((changes) => this.outlet.changed(changes)),
      conversation.onOlder.add((older) => this.outlet.older({ type: "older", older })),
      conversation.onUnsent.add((message) => this.putBack(message)),
      threads.onChange.add(pageChanged),
      choices.onChange.add(pageChanged),
      account.onChange.add(pageChanged),
      drafts.onText.add((draft) => this.offer(draft.threadId)),
      approvals.onChange(pageChanged),
      unsaved.onChange(pageChanged),
      queue.onChange.add(pageChanged),
      decisions.onChange.add(pageChanged),
      proposals.onChange(pageChanged),
      () => void focus.dispose(),
    ];
  }

  dispose(): void {
    this.watchdog.stop();
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  get visible(): boolean {
    return this.view?.visible ?? false;
  }

  onVisible(listener: () => void): Unsubscribe {
    return this.visibility.add(listener);
  }

  pageChanged(): void {
    this.outlet.page();
  }

  /** Tells the webview of something that happened. */
  tell(message: Told): void {
    this.outlet.tell(message);
  }

  /** Puts a message back where the person writes, before what is there. */
  putBack({ text, pictures }: Message): void {
    if (this.outlet.ready) {
      this.outlet.tell({ type: "unsent", text, pictures });
      return;
    }
    const { threadId } = this.content.conversation.page;
    const written = this.content.drafts.text(threadId);
    this.content.drafts.write(threadId, written.trim() ? `${text}\n${written}` : text);
  }

  /** Brings an approval's card into sight. */
  async reveal(approvalId: string): Promise<void> {
    await vscode.commands.executeCommand("outrigger.view.focus");
    this.outlet.tell({ type: "reveal", approvalId });
  }

  /** Builds the webview anew, because a person asks for it. */
  reload(): void {
    this.budget.renew();
    this.build();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    view.webview.onDidReceiveMessage((message: FromView) => this.received(message));
    view.onDidChangeVisibility(() => {
      if (!view.visible) this.outlet.closed(); // Its content is gone; shown again, it says `ready` again.
      this.watch();
      this.visibility.fire();
    });
    view.onDidDispose(() => {
      this.view = null;
      this.outlet.closed();
      this.watch();
      this.visibility.fire();
    });
    this.build();
    this.visibility.fire();
  }

  private received(message: FromView): void {
    if (message.type === "beat") this.answered();
    else if (message.type === "ready") this.opened();
    else if (message.type === "draft") this.content.drafts.write(message.threadId, message.text);
    else this.onMessage(message);
    // The text for the composer comes after the page that says for which thread it is.
    if (message.type === "ready") this.offer(this.draftOf);
  }

  private opened(): void {
    const speaks: ToView = { type: "language", language: language(), texts: texts() };
    void this.view?.webview.postMessage(speaks);
    this.outlet.opened();
  }

  private build(): void {
    if (!this.view) return;
    const { webview } = this.view;
    const root = vscode.Uri.joinPath(this.extension, "dist", "webview");
    this.outlet.closed();
    this.waited = false;
    webview.options = { enableScripts: true, localResourceRoots: [root] };
    webview.html = webviewPage(webview, root, randomBytes(16).toString("base64"));
    this.watchdog.stop();
    this.watch();
  }

  /** A webview is watched while a person can see it: a hidden one is not there, and one in a sleeping tab is still. */
  private watch(): void {
    if (this.visible && vscode.window.state.focused) this.watchdog.start();
    else this.watchdog.stop();
  }

  private ask(): Promise<void> {
    return new Promise((resolve) => {
      this.answered = resolve;
      void this.view?.webview.postMessage({ type: "beat" });
    });
  }

  private died(): void {
    if (!this.view) return;
    if (!this.outlet.ready && !this.waited) {
      this.waited = true;
      this.watch();
      return;
    }
    if (this.budget.spend()) {
      this.log.warn("The view stopped answering. It is built anew.");
      this.build();
      return;
    }
    this.log.error("The view stopped answering several times.");
    this.outlet.closed();
    this.view.webview.options = { enableScripts: false, enableCommandUris: ["outrigger.view.reload"] };
    this.view.webview.html = brokenPage();
  }

  /** Another thread has another draft; one that took it along has it already. */
  private followThread(): void {
    const { threadId, cameFrom } = this.content.conversation.page;
    this.pageChanged();
    if (threadId === this.draftOf) return;
    const left = this.draftOf;
    this.draftOf = threadId;
    if (threadId !== null && cameFrom === left) this.content.drafts.carry(left, threadId);
    else this.offer(threadId);
  }

  private offer(threadId: string | null): void {
    if (threadId !== this.draftOf) return;
    this.outlet.tell({ type: "draft", threadId, text: this.content.drafts.text(threadId) });
  }

  private page(): ViewPage {
    const { conversation, approvals, unsaved, queue, decisions, proposals, place, turns } = this.content;
    const { threads, choices, account } = this.content;
    const pending = approvals.pending;
    return {
      ...conversation.page,
      place: place(),
      approvals: pending,
      deciding: pending.map((a) => a.approvalId).filter((id) => approvals.isDeciding(id)),
      unsaved: unsaved.approvalIds,
      choosable: pending.filter((a) => proposals.choosable(a)).map((a) => a.approvalId),
      queue: queue.waiting,
      decisions: decisions.byItem,
      turns: turns(),
      listing: threads.listing,
      threads: threads.page,
      choices: choices.page,
      limits: limitsOf(account.state.limits),
      signedOut: account.needed,
    };
  }
}
