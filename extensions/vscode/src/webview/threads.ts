// The threads: those of this folder first, with what each is doing.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../l10n";
import type { ThreadAct } from "../view/messages";
import { agoText, type ThreadRow, type ThreadsPage } from "../view/threads";
import { oneLine } from "../wording";
import { post } from "./host";
import { codicon } from "./icon";
import { waiting, waitingStyles } from "./states";
import { base } from "./styles";

/** What is typed into the search must rest this long before it is looked for, in milliseconds. */
const SEARCH_MS = 150;

@customElement("outrigger-threads")
export class ThreadsView extends LitElement {
  @property({ attribute: false }) threads!: ThreadsPage;
  @property({ attribute: false }) current: string | null = null;
  /** Threads that wait for a decision; null for what belongs to none. */
  @property({ attribute: false }) asking: (string | null)[] = [];
  @state() private menuOf: string | null = null;
  @query("input[type=search]") private readonly box!: HTMLInputElement | null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  static override styles = [
    base,
    waitingStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        flex: 1 1 0;
        min-height: 0;
      }
      header {
        display: flex;
        flex-direction: column;
        gap: 6px;
        padding: 2px 12px 8px;
      }
      .field {
        width: 100%;
      }
      main {
        flex: 1 1 0;
        overflow-y: auto;
        padding: 0 6px 8px;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      h2 {
        font-size: 0.92em;
        font-weight: 600;
        margin: 8px 8px 2px;
        color: var(--vscode-descriptionForeground);
      }
      li {
        border-radius: 4px;
        position: relative;
      }
      li:hover,
      li:focus-within {
        background: var(--vscode-list-hoverBackground);
      }
      .title {
        font-weight: 600;
      }
      li.current .dim {
        color: inherit;
      }
      li.current {
        background: var(--vscode-list-inactiveSelectionBackground);
      }
      button.plain.open {
        display: flex;
        flex-direction: column;
        flex: 1 1 auto;
        min-width: 0;
        padding: 5px 8px;
      }
      .open .row {
        width: 100%;
      }
      button.plain.open:hover {
        background: none;
      }
      .unread .name {
        font-weight: 600;
      }
      .dot {
        flex: 0 0 auto;
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: var(--vscode-textLink-foreground);
      }
      li > .row {
        align-items: center;
      }
      button.plain.more {
        margin-right: 6px;
        flex: 0 0 auto;
      }
      main > vscode-button {
        margin: 8px;
      }
      .menu {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        padding: 0 8px 8px;
      }
      .menu button.plain {
        padding: 2px 8px;
        border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, currentColor));
      }
      .gone {
        padding: 5px 8px;
      }
      .said {
        padding: 12px 8px;
        display: flex;
        flex-direction: column;
        align-items: flex-start;
        gap: 8px;
      }
      label {
        display: flex;
        gap: 4px;
        align-items: center;
      }
      .waiting {
        padding: 8px;
      }
    `,
  ];

  override focus(): void {
    this.box?.focus();
  }

  private search(part: Partial<Pick<ThreadsPage, "search" | "archived" | "everywhere">>): void {
    const { search, archived, everywhere } = this.threads;
    clearTimeout(this.timer);
    const wait = part.search === undefined ? 0 : SEARCH_MS;
    this.timer = setTimeout(() => post({ type: "searchThreads", search, archived, everywhere, ...part }), wait);
  }

  override render(): TemplateResult {
    const { threads } = this;
    const option = (label: string, checked: boolean, change: (on: boolean) => void) =>
      html`<label
        ><input
          type="checkbox"
          .checked=${checked}
          @change=${(event: Event) => change((event.target as HTMLInputElement).checked)}
        />${label}</label
      >`;
    return html`<header>
        <div class="row">
          <button
            class="plain icon"
            title=${t("Back to the thread")}
            aria-label=${t("Back to the thread")}
            @click=${() => post({ type: "threads", listing: false })}
          >
            ${codicon("arrow-left")}
          </button>
          <h1 class="grow title">${t("Threads")}</h1>
          <vscode-button icon="add" @click=${() => post({ type: "newThread" })}>${t("New")}</vscode-button>
        </div>
        <input
          class="field"
          type="search"
          aria-label=${t("Search threads")}
          placeholder=${t("Search threads")}
          .value=${threads.search}
          @input=${(event: Event) => this.search({ search: (event.target as HTMLInputElement).value })}
        />
        <div class="row dim">
          ${option(t("All folders"), threads.everywhere, (everywhere) => this.search({ everywhere }))}
          ${option(t("Archived"), threads.archived, (archived) => this.search({ archived }))}
        </div>
      </header>
      <main aria-label=${t("Threads")} aria-busy=${threads.loading} @keydown=${this.move}>${this.body()}</main>`;
  }

  private body(): TemplateResult {
    const { threads } = this;
    if (threads.error !== null) {
      const { search, archived, everywhere } = threads;
      const again = () => post({ type: "searchThreads", search, archived, everywhere });
      return html`<div class="said" role="alert">
        <span class="error">${threads.error}</span>
        <vscode-button secondary @click=${again}>${t("Retry")}</vscode-button>
      </div>`;
    }
    const { rows } = threads;
    if (rows.length === 0) return threads.loading ? waiting(t("Loading the threads…")) : this.none();
    const groups: [string, ThreadRow[]][] = [
      [t("Pinned"), rows.filter(({ pinned }) => pinned)],
      [t("This folder"), rows.filter(({ pinned, here }) => !pinned && here)],
      [t("Other folders"), rows.filter(({ pinned, here }) => !pinned && !here)],
    ];
    const shown = groups.filter(([, list]) => list.length > 0);
    return html`${shown.map(([name, list]) => this.group(name, list))}
    ${
      threads.more
        ? html`<vscode-button secondary ?disabled=${threads.loading} @click=${() => post({ type: "moreThreads" })}
            >${t("Show more")}</vscode-button
          >`
        : nothing
    }`;
  }

  private none(): TemplateResult {
    const { search, archived, everywhere } = this.threads;
    const text = search
      ? t("No thread has “{0}” in it.", search)
      : archived
        ? t("Nothing is archived.")
        : everywhere
          ? t("There are no threads yet.")
          : t("There are no threads in this folder yet.");
    return html`<div class="said">
      <span class="dim">${text}</span>
      <vscode-button icon="add" @click=${() => post({ type: "newThread" })}>${t("New thread")}</vscode-button>
    </div>`;
  }

  private group(name: string, rows: ThreadRow[]): TemplateResult {
    return html`<h2>${name}</h2>
      <ul>
        ${repeat(
          rows,
          ({ threadId }) => threadId,
          (row) => this.row(row),
        )}
      </ul>`;
  }

  private row(row: ThreadRow): TemplateResult {
    const { threadId } = row;
    if (row.deleted) {
      return html`<li class="row gone">
        <span class="grow clip dim">${t("Deleted: {0}", this.name(row))}</span>
        <vscode-button secondary @click=${() => this.act("restore", threadId)}>${t("Undo")}</vscode-button>
      </li>`;
    }
    const asks = this.asking.includes(threadId) || row.waiting;
    const menu = this.menuOf === threadId;
    const toggle = () => (this.menuOf = menu ? null : threadId);
    const classes = `${row.unread ? "unread" : ""} ${threadId === this.current ? "current" : ""}`;
    return html`<li class=${classes}>
      <div class="row">
        <button
          class="plain open"
          aria-current=${threadId === this.current ? "true" : "false"}
          @click=${() => this.act("open", threadId)}
        >
          <span class="row">
            ${this.sign(row, asks)}<span class="clip name grow">${this.name(row)}</span>
            ${row.pinned ? codicon("pinned", { label: t("pinned") }) : nothing}
          </span>
          <span class="row dim">
            <span class="clip grow">${this.said(row, asks)}</span>
          </span>
        </button>
        <button
          class="plain icon more"
          title=${t("More")}
          aria-label=${t("More about {0}", this.name(row))}
          aria-expanded=${menu}
          @click=${toggle}
        >
          ${codicon("ellipsis")}
        </button>
      </div>
      ${menu ? this.menu(row) : nothing}
    </li>`;
  }

  private sign(row: ThreadRow, asks: boolean): TemplateResult | typeof nothing {
    if (asks) return codicon("bell-dot", { label: t("waits for you") });
    if (row.running) return codicon("sync", { label: t("working"), spin: true });
    return row.unread ? html`<span class="dot" role="img" aria-label=${t("unread")}></span>` : nothing;
  }

  private said(row: ThreadRow, asks: boolean): string {
    const now = asks ? t("Waits for you") : row.running ? t("Working") : agoText(row.updatedAt, Date.now());
    const where = row.here ? "" : row.folder;
    return [now, where, row.branch].filter(Boolean).join(" · ");
  }

  private name({ name }: ThreadRow): string {
    return oneLine(name, 100).text || t("Untitled");
  }

  private menu(row: ThreadRow): TemplateResult {
    const act = (name: ThreadAct, label: string) =>
      html`<button class="plain" @click=${() => this.act(name, row.threadId)}>${label}</button>`;
    return html`<div class="menu">
      ${row.pinned ? act("unpin", t("Unpin")) : act("pin", t("Pin"))} ${act("rename", t("Rename…"))}
      ${act("fork", t("Fork"))} ${row.unread ? nothing : act("unread", t("Mark unread"))}
      ${row.archived ? act("unarchive", t("Unarchive")) : act("archive", t("Archive"))} ${act("delete", t("Delete"))}
    </div>`;
  }

  private act(act: ThreadAct, threadId: string): void {
    this.menuOf = null;
    post({ type: "threadAct", act, threadId });
  }

  /** Up and down go from thread to thread, and back to the search. */
  private readonly move = (event: KeyboardEvent): void => {
    const buttons = [...this.renderRoot.querySelectorAll<HTMLElement>("button.open")];
    const at = buttons.indexOf(this.shadowRoot?.activeElement as HTMLElement);
    if (event.key === "ArrowDown") buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (at <= 0 ? this.box : buttons[at - 1])?.focus();
    else return;
    event.preventDefault();
  };
}
