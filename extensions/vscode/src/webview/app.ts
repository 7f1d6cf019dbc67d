// The view as a whole: header, transcript or thread list, what waits, composer.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { t, useBundle } from "../l10n";
import type { ThreadState } from "../protocol.generated";
import { userText } from "../view/items";
import type { ToView, ViewPage } from "../view/messages";
import { markerKinds, markerName, QUIET_MARKERS } from "../view/rows";
import { withoutEnvelope } from "../view/threads";
import { applyChanges, prependItems } from "../view/transcript";
import { headline, oneLine } from "../wording";
import type { Composer } from "./composer";
import { draft, hiddenMarkers, onMessage, post } from "./host";
import { codicon } from "./icon";
import { layout } from "./layout";
import { pictures } from "./pictures";
import {
  appServerBanner,
  awayBanner,
  busyBanner,
  insteadOf,
  noticeBanner,
  queuePanel,
  runningPanel,
  waiting,
  waitingStyles,
} from "./states";
import { base } from "./styles";
import type { ThreadsView } from "./threads";

@customElement("outrigger-view")
export class App extends LitElement {
  @state() private page: ViewPage | null = null;
  @state() private thread: ThreadState | null = null;
  /** Goes up when `thread` changes inside. */
  @state() private revision = 0;
  @state() private leftOut: ReadonlySet<string> = new Set(hiddenMarkers.get() ?? QUIET_MARKERS);
  @state() private filtering = false;
  @query("outrigger-composer") private readonly composer!: Composer | null;
  @query("outrigger-threads") private readonly threads!: ThreadsView | null;

  static override styles = [base, layout, waitingStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    onMessage((message) => this.receive(message));
    this.addEventListener("quote", (event) => this.composer?.quote((event as CustomEvent<string>).detail));
    post({ type: "ready" });
  }

  private receive(message: ToView): void {
    switch (message.type) {
      case "language":
        useBundle(message.texts, message.language);
        document.documentElement.lang = message.language ?? "en";
        return;
      case "page":
        this.page = message.page;
        draft.turnTo(message.page.threadId, message.page.cameFrom);
        this.composer?.redraw();
        return;
      case "thread":
        this.thread = message.thread;
        this.revision += 1;
        return;
      case "changes":
        if (!this.thread) return;
        applyChanges(this.thread, message.changes);
        this.revision += 1;
        return;
      case "older":
        if (!this.thread) return;
        prependItems(this.thread, message.older.thread);
        this.revision += 1;
        return;
      case "draft":
        draft.offer(message.threadId, message.text, this.composer?.writing ?? false);
        this.composer?.redraw();
        return;
      case "unsent":
        this.composer?.putBack(message);
        return;
      case "insert":
        this.composer?.insert(message.text);
        return;
      case "suggestions":
        this.composer?.suggest(message.query, message.items);
        return;
      case "picture":
        pictures.put(message.path, message.url);
        return;
      case "focus":
        void this.updateComplete.then(() => (this.threads ?? this.composer)?.focus());
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

  override render(): TemplateResult {
    const { page } = this;
    if (!page) return waiting(""); // Its language is not known yet.
    const instead = insteadOf(page);
    if (instead)
      return html`<main class="center">
        <h1 class="unseen">Outrigger</h1>
        ${instead}
      </main>`;
    return html`${page.listing ? this.list(page) : this.conversation(page)}
      <div class="unseen" role="status" aria-live="polite">
        ${page.approvals[0] ? headline(page.approvals[0]) : ""}
      </div>`;
  }

  private list(page: ViewPage): TemplateResult {
    return html`<outrigger-threads
        .threads=${page.threads}
        .current=${page.threadId}
        .asking=${page.approvals.map(({ threadId }) => threadId)}
      ></outrigger-threads>
      <footer>${this.cards(page)} ${this.banners(page)}</footer>`;
  }

  private conversation(page: ViewPage): TemplateResult {
    const connected = page.link.state === "running";
    const server = page.appServer?.state;
    const down = server === "failed" || server === "stopped";
    return html`${this.header(page)}
      <outrigger-transcript
        .page=${page}
        .thread=${this.thread}
        .leftOut=${this.leftOut}
        .revision=${this.revision}
      ></outrigger-transcript>
      <footer>
        ${runningPanel(page)} ${this.cards(page)} ${this.banners(page)} ${queuePanel(page)}
        <outrigger-composer
          ?active=${page.activeTurnId !== null}
          ?stopping=${page.stopping}
          ?sending=${page.sending}
          ?away=${!connected || (server !== "ready" && server !== "restarting")}
          ?disabled=${down || page.readOnly !== null}
          ?signedout=${page.signedOut}
          .choices=${page.choices}
          .limits=${page.limits}
          .usage=${this.thread?.usage ?? null}
          .said=${this.thread}
        ></outrigger-composer>
      </footer>`;
  }

  private banners(page: ViewPage): TemplateResult {
    const connected = page.link.state === "running";
    return html`${connected ? appServerBanner(page) : awayBanner(page)} ${busyBanner(page)} ${noticeBanner(page)}`;
  }

  private header(page: ViewPage): TemplateResult {
    const kinds = markerKinds(this.thread);
    const filter = () => (this.filtering = !this.filtering);
    return html`<header class="row">
        <h1 class="grow">
          <button
            class="plain row grow"
            title=${t("Switch thread")}
            aria-label=${t("Switch thread: {0}", this.threadName(page))}
            @click=${() => post({ type: "threads", listing: true })}
          >
            ${codicon("list-unordered")}<span class="clip name">${this.threadName(page)}</span>
          </button>
        </h1>
        <span class="dim" role="status">${this.status(page)}</span>
        ${
          kinds.size > 0
            ? html`<button
                class="plain icon"
                title=${t("Filter what happened")}
                aria-label=${t("Filter what happened")}
                aria-expanded=${this.filtering}
                @click=${filter}
              >
                ${codicon("filter")}
              </button>`
            : nothing
        }
      </header>
      ${this.filtering && kinds.size > 0 ? this.filter(kinds) : nothing}`;
  }

  /** The kinds of markers of this thread, each of which can be shown or not. */
  private filter(kinds: Map<string, number>): TemplateResult {
    const toggle = (kind: string) => {
      const hidden = new Set(this.leftOut);
      if (!hidden.delete(kind)) hidden.add(kind);
      this.leftOut = hidden;
      hiddenMarkers.set([...hidden]);
    };
    return html`<fieldset class="filter">
      <legend class="unseen">${t("What happened")}</legend>
      ${[...kinds].map(
        ([kind, count]) =>
          html`<label class="row">
            <input type="checkbox" .checked=${!this.leftOut.has(kind)} @change=${() => toggle(kind)} />
            <span class="grow">${markerName(kind)}</span><span class="dim">${count}</span>
          </label>`,
      )}
    </fieldset>`;
  }

  private threadName(page: ViewPage): string {
    if (page.threadId === null) return t("New thread");
    const first = this.thread?.turns.flatMap(({ items }) => items).find((item) => item.type === "userMessage");
    const name =
      this.thread?.name ?? page.threads.names[page.threadId] ?? (first ? withoutEnvelope(userText(first)) : "");
    return oneLine(name, 80).text || (page.loading ? t("Loading…") : t("New thread"));
  }

  private status(page: ViewPage): string {
    if (page.link.state !== "running") return t("Connecting");
    if (page.approvals.some(({ threadId }) => threadId === page.threadId)) return t("Waits for you");
    if (page.stopping) return t("Stopping");
    if (page.activeTurnId !== null) return t("Working");
    return page.readOnly === null ? "" : t("Read-only");
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
