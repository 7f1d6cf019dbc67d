// The view as a whole: header, transcript, what waits, composer.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Marker, ThreadState, TurnState } from "../protocol.generated";
import { mayHaveWritten, stringOf, userText } from "../view/items";
import type { ToView, ViewPage } from "../view/messages";
import { applyChanges } from "../view/transcript";
import { headline, oneLine } from "../wording";
import type { Composer } from "./composer";
import { draft, onMessage, post } from "./host";
import {
  appServerBanner,
  awayBanner,
  busyBanner,
  insteadOf,
  noticeBanner,
  queuePanel,
  runningPanel,
  waiting,
} from "./states";
import { base } from "./styles";
import { layout } from "./layout";

/** A marker longer than this is folded to one line, in characters. */
const MARKER_LIMIT = 80;
/** Nearer to the end than this, in pixels, the transcript follows what is added. */
const NEAR_END = 40;

@customElement("outrigger-view")
export class App extends LitElement {
  @state() private page: ViewPage | null = null;
  @state() private thread: ThreadState | null = null;
  /** Goes up when `thread` changes inside. */
  @state() private revision = 0;
  @query("main") private readonly main!: HTMLElement | null;
  @query("outrigger-composer") private readonly composer!: Composer | null;
  private atEnd = true;
  private lastTop = 0;
  private readonly sizes = new ResizeObserver(() => this.toEnd());

  static override styles = [base, layout];

  override connectedCallback(): void {
    super.connectedCallback();
    onMessage((message) => this.receive(message));
    post({ type: "ready" });
  }

  private receive(message: ToView): void {
    switch (message.type) {
      case "page":
        this.page = message.page;
        draft.turnTo(message.page.threadId, message.page.cameFrom);
        this.composer?.redraw();
        return;
      case "thread":
        this.thread = message.thread;
        this.atEnd = true;
        this.revision += 1;
        return;
      case "changes":
        if (!this.thread) return;
        applyChanges(this.thread, message.changes);
        this.revision += 1;
        return;
      case "draft":
        draft.offer(message.threadId, message.text, this.composer?.writing ?? false);
        this.composer?.redraw();
        return;
      case "unsent":
        draft.putBack(message.text);
        this.composer?.redraw();
        return;
      case "beat":
        return; // Answered where it comes in.
      case "reveal":
        void this.updateComplete.then(() => this.revealCard(message.approvalId));
    }
  }

  private revealCard(approvalId: string): void {
    const cards = [...(this.shadowRoot?.querySelectorAll("outrigger-card") ?? [])];
    const card = cards.find((found) => found.approval.approvalId === approvalId);
    card?.scrollIntoView({ block: "nearest" });
    card?.shadowRoot?.querySelector("section")?.focus();
  }

  protected override updated(): void {
    // Items and cards draw themselves after this element has: their sizes say when the end has moved.
    const parts = [this.main, this.shadowRoot?.querySelector(".transcript")];
    for (const part of parts) if (part) this.sizes.observe(part);
  }

  /** Only a person scrolls up: what is added below them, or a card that takes room, leaves the end of it the end. */
  private readonly scrolled = (): void => {
    const { main } = this;
    if (!main) return;
    if (main.scrollHeight - main.scrollTop - main.clientHeight < NEAR_END) this.atEnd = true;
    else if (main.scrollTop < this.lastTop) this.atEnd = false;
    this.lastTop = main.scrollTop;
  };

  private readonly toEnd = (): void => {
    if (this.main && this.atEnd) this.main.scrollTop = this.main.scrollHeight;
  };

  override render(): TemplateResult {
    const { page } = this;
    if (!page) return waiting("Loading…");
    const instead = insteadOf(page);
    if (instead) return html`<div class="center">${instead}</div>`;
    const connected = page.link.state === "running";
    const server = page.appServer?.state;
    const down = server === "failed" || server === "stopped";
    return html`${this.header(page)}
      <main @scroll=${this.scrolled} tabindex="0" aria-label="Transcript" data-revision=${this.revision}>
        <div class="transcript">${this.transcript(page)}</div>
      </main>
      <footer>
        ${runningPanel(page)} ${this.cards(page)} ${connected ? appServerBanner(page) : awayBanner(page)}
        ${busyBanner(page)} ${noticeBanner(page)} ${queuePanel(page)}
        <outrigger-composer
          ?active=${page.activeTurnId !== null}
          ?stopping=${page.stopping}
          ?sending=${page.sending}
          ?away=${!connected || (server !== "ready" && server !== "restarting")}
          ?disabled=${down || page.readOnly !== null}
        ></outrigger-composer>
      </footer>
      <div class="unseen" role="status" aria-live="polite">
        ${page.approvals[0] ? headline(page.approvals[0]) : ""}
      </div>`;
  }

  private header(page: ViewPage): TemplateResult {
    return html`<header class="row">
      <button class="plain row grow" title="Switch thread" @click=${() => post({ type: "pickThread" })}>
        <span class="clip name">${this.threadName(page)}</span><vscode-icon name="chevron-down"></vscode-icon>
      </button>
      <span class="dim" role="status">${this.status(page)}</span>
    </header>`;
  }

  private threadName(page: ViewPage): string {
    if (page.threadId === null) return "New thread";
    const first = this.thread?.turns.flatMap(({ items }) => items).find((item) => item.type === "userMessage");
    const name = this.thread?.name ?? (first ? userText(first) : "");
    return oneLine(name, 80).text || (page.loading ? "Loading…" : "New thread");
  }

  private status(page: ViewPage): string {
    if (page.link.state !== "running") return "Connecting";
    if (page.approvals.some(({ threadId }) => threadId === page.threadId)) return "Waits for you";
    if (page.stopping) return "Stopping";
    if (page.activeTurnId !== null) return "Working";
    return page.readOnly === null ? "" : "Read-only";
  }

  private transcript(page: ViewPage): TemplateResult {
    if (page.loading && !this.thread) return waiting("Loading the thread…");
    const turns = this.thread?.turns ?? [];
    if (turns.length === 0) {
      return html`<div class="empty dim">
        <p>Ask Codex to do something in this folder.</p>
        <p>What it wants to change or run waits for you here and at the lines it touches.</p>
      </div>`;
    }
    const older = html`<vscode-button secondary @click=${() => post({ type: "loadOlder" })}
      >Show earlier</vscode-button
    >`;
    return html`${page.hasOlder ? older : nothing}
    ${repeat(
      turns,
      (turn) => turn.turnId,
      (turn, index) => this.turn(page, turn, index === turns.length - 1),
    )}`;
  }

  private turn(page: ViewPage, turn: TurnState, last: boolean): TemplateResult {
    const over = turn.status !== "inProgress";
    const silent = turn.items.every((item) => item.type === "userMessage");
    return html`<article>
      ${repeat(
        turn.items,
        (item) => item.itemId,
        (item) =>
          html`<outrigger-item
            ?waiting=${page.approvals.some(({ itemId, turnId }) => itemId === item.itemId && turnId === turn.turnId)}
            .item=${item}
            .turnId=${turn.turnId}
            .cwd=${this.thread?.cwd ?? null}
            .decided=${page.decisions[item.itemId] ?? ""}
            ?over=${over}
          ></outrigger-item>`,
      )}
      ${turn.markers.filter(({ text }) => text !== errorText(turn)).map(marker)} ${turnError(turn)}
      ${!over && silent && last && page.approvals.length === 0 ? waiting("Working…") : nothing}
      ${over && page.turns && mayHaveWritten(turn.items) ? turnActions(turn.turnId) : nothing}
      ${turn.status === "interrupted" ? this.interrupted(page, last) : nothing}
    </article>`;
  }

  private interrupted(page: ViewPage, last: boolean): TemplateResult {
    const go = html`<vscode-button secondary ?disabled=${page.sending} @click=${() => post({ type: "continue" })}
      >Continue</vscode-button
    >`;
    return html`<div class="row marker">
      <vscode-icon name="debug-stop"></vscode-icon
      ><span class="grow">Interrupted</span> ${last && page.readOnly === null ? go : nothing}
    </div>`;
  }

  private cards(page: ViewPage): TemplateResult | typeof nothing {
    if (page.approvals.length === 0) return nothing;
    const here = (threadId: string | null) => threadId === null || threadId === page.threadId;
    const sorted = [...page.approvals].sort((a, b) => Number(here(b.threadId)) - Number(here(a.threadId)));
    return html`<div class="cards">
      ${repeat(
        sorted,
        (approval) => approval.approvalId,
        (approval) =>
          html`<outrigger-card
            .approval=${approval}
            ?deciding=${page.deciding.includes(approval.approvalId)}
            ?unsaved=${page.unsaved.includes(approval.approvalId)}
            ?choosable=${page.choosable.includes(approval.approvalId)}
            ?elsewhere=${!here(approval.threadId)}
          ></outrigger-card>`,
      )}
    </div>`;
  }
}

function marker({ kind, text }: Marker): TemplateResult {
  const name = /error|failed/i.test(kind) ? "error" : /warn/i.test(kind) ? "warning" : "info";
  const icon = html`<vscode-icon name=${name} label=${kind}></vscode-icon>`;
  const brief = oneLine(text || kind, MARKER_LIMIT);
  if (brief.whole) return html`<div class="row marker">${icon}<span class="grow">${brief.text}</span></div>`;
  return html`<details class="marker">
    <summary class="row">${icon}<span class="grow clip">${brief.text}</span></summary>
    <div class="words">${text}</div>
  </details>`;
}

function turnActions(turnId: string): TemplateResult {
  const action = (type: "reviewTurn" | "undoTurn", icon: string, label: string) =>
    html`<button class="plain row" @click=${() => post({ type, turnId })}>
      <vscode-icon name=${icon}></vscode-icon><span>${label}</span>
    </button>`;
  return html`<div class="actions turn">
    ${action("reviewTurn", "diff-multiple", "Review changes")} ${action("undoTurn", "discard", "Undo turn")}
  </div>`;
}

function errorText(turn: TurnState): string {
  return stringOf((turn.error as { message?: unknown } | null)?.message);
}

function turnError(turn: TurnState): TemplateResult | typeof nothing {
  const error = turn.error as { additionalDetails?: unknown } | null;
  const message = errorText(turn);
  if (!message) return nothing;
  const details = stringOf(error?.additionalDetails);
  return html`<div class="failure" role="alert">
    <div class="row">
      <vscode-icon class="error" name="error"></vscode-icon><span class="words grow">${message}</span>
    </div>
    ${details ? html`<pre class="dim">${details}</pre>` : nothing}
  </div>`;
}
