// The thread, row by row. Only the rows near what is seen are in the page, however long it is.

import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from "@tanstack/virtual-core";
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../l10n";
import type { Marker, ThreadState } from "../protocol.generated";
import { stringOf } from "../view/items";
import type { ViewPage } from "../view/messages";
import { errorText, guessedHeight, markerName, type Plan, type Row, rowsOf } from "../view/rows";
import { oneLine } from "../wording";
import { post } from "./host";
import { codicon } from "./icon";
import { painted } from "./painted";
import { waiting, waitingStyles } from "./states";
import { base } from "./styles";

/** A marker longer than this is folded to one line, in characters. */
const MARKER_LIMIT = 80;
/** Nearer to the end than this, in pixels, the transcript follows what is added. */
const NEAR_END = 40;
/** Rows that are drawn above and below what is seen. */
const OVERSCAN = 5;
/** When this row from the start is drawn, what came before is asked for. */
const NEAR_START = 5;
const [GAP, PADDING] = [8, 10];

@customElement("outrigger-transcript")
export class TranscriptView extends LitElement {
  @property({ attribute: false }) page!: ViewPage;
  @property({ attribute: false }) thread: ThreadState | null = null;
  @property({ attribute: false }) leftOut: ReadonlySet<string> = new Set();
  /** Goes up when `thread` changes inside. */
  @property({ attribute: false }) revision = 0;
  /** What was added lies below what is seen. */
  @state() private away = false;
  @query("main") private readonly main!: HTMLElement;
  private rows: Row[] = [];
  private shown: ThreadState | null = null;
  private toEnd = false;
  private atEnd = true;
  private lastTop = 0;
  private asked = false;
  private stopScrolling: (() => void) | undefined;
  private readonly sizes = new ResizeObserver(() => this.resized());
  private readonly virtual = new Virtualizer<HTMLElement, HTMLElement>({
    ...{ count: 0, overscan: OVERSCAN, gap: GAP, paddingStart: PADDING, paddingEnd: PADDING },
    ...{ anchorTo: "end", followOnAppend: true, scrollEndThreshold: NEAR_END },
    ...{ observeElementRect, observeElementOffset, scrollToFn: elementScroll },
    getScrollElement: () => this.main,
    estimateSize: (index) => this.guess(index),
    getItemKey: (index) => this.rows[index]?.key ?? index,
    onChange: () => this.requestUpdate(),
  });

  static override styles = [
    base,
    waitingStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        flex: 1 1 0;
        min-height: 80px;
        position: relative;
      }
      main {
        flex: 1 1 0;
        overflow-y: auto;
        overflow-anchor: none;
        min-height: 0;
      }
      .space {
        position: relative;
        width: 100%;
      }
      .at {
        position: absolute;
        top: 0;
        left: 0;
        right: 0;
        padding: 0 14px;
        display: flex;
        flex-direction: column;
        gap: ${GAP}px;
      }
      .empty {
        padding: 20px 14px;
      }
      .empty p {
        margin: 0 0 8px;
      }
      .before {
        position: absolute;
        top: 0;
        left: 14px;
        right: 14px;
        z-index: 1;
        background: var(--vscode-sideBar-background);
      }
      .end {
        position: absolute;
        right: 18px;
        bottom: 8px;
        border-radius: 50%;
        padding: 5px;
        line-height: 0;
        color: var(--vscode-button-secondaryForeground);
        background: var(--vscode-button-secondaryBackground);
        border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
      }
      .marker {
        color: var(--vscode-descriptionForeground);
      }
      .marker .grow:not(.clip),
      .words {
        overflow-wrap: anywhere;
      }
      details.marker > summary {
        cursor: pointer;
        list-style: none;
      }
      details.marker > .words {
        margin: 4px 0 0 22px;
        white-space: pre-wrap;
      }
      .turn {
        color: var(--vscode-descriptionForeground);
        margin: 0 0 8px -6px;
      }
      .turn button {
        display: flex;
        gap: 4px;
        padding: 2px 6px;
      }
      .turn button:hover {
        color: var(--vscode-foreground);
      }
      .failure,
      .plan {
        display: flex;
        flex-direction: column;
        gap: 6px;
        padding: 8px 10px;
        border-radius: 6px;
        border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
        background: var(--vscode-editorWidget-background);
      }
      .failure {
        border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
      }
      .plan ol {
        list-style: none;
        margin: 0;
        padding: 0;
        display: flex;
        flex-direction: column;
        gap: 3px;
      }
      .plan li {
        display: flex;
        gap: 6px;
      }
      .plan .completed {
        color: var(--vscode-descriptionForeground);
        text-decoration: line-through;
      }
      .plan .inProgress {
        font-weight: 600;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.stopScrolling = this.virtual._didMount();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopScrolling?.();
    this.sizes.disconnect();
  }

  protected override firstUpdated(): void {
    this.stopScrolling = this.virtual._didMount();
    this.sizes.observe(this.main);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const inside = ["thread", "revision", "leftOut", "page"] as const;
    if (!inside.some((name) => changed.has(name))) return;
    this.rows = this.thread ? rowsOf(this.thread, this.leftOut) : [];
    if (!this.page.loadingOlder) this.asked = false;
    if (this.shown !== this.thread) {
      this.shown = this.thread;
      this.toEnd = true;
      this.atEnd = true;
    }
    this.virtual.setOptions({ ...this.virtual.options, count: this.rows.length });
    // A thread that opens is drawn at its end at once, not at its start first.
    if (this.toEnd && this.hasUpdated)
      this.virtual.scrollOffset = Math.max(this.virtual.getTotalSize() - this.main.clientHeight, 0);
  }

  protected override updated(): void {
    this.virtual._willUpdate();
    for (const row of this.renderRoot.querySelectorAll<HTMLElement>("[data-index]")) this.virtual.measureElement(row);
    if (this.toEnd) {
      this.toEnd = false;
      this.virtual.scrollToEnd();
    }
    const [first] = this.virtual.getVirtualItems();
    if (first && first.index < NEAR_START && this.page.hasOlder && !this.asked && !this.page.loadingOlder) {
      this.asked = true;
      post({ type: "loadOlder" });
    }
  }

  private guess(index: number): number {
    const row = this.rows[index];
    return row ? guessedHeight(row) : 26;
  }

  /** Only a person scrolls up: what is added below them, or a card that takes room, leaves the end of it the end. */
  private readonly scrolled = (): void => {
    const { main } = this;
    if (main.scrollHeight - main.scrollTop - main.clientHeight < NEAR_END) this.atEnd = true;
    else if (main.scrollTop < this.lastTop) this.atEnd = false;
    this.lastTop = main.scrollTop;
    this.away = !this.atEnd;
  };

  private resized(): void {
    if (this.atEnd) this.virtual.scrollToEnd();
  }

  private readonly jump = (): void => {
    this.atEnd = true;
    this.virtual.scrollToEnd();
  };

  override render(): TemplateResult {
    const items = this.virtual.getVirtualItems();
    const loading = this.page.loadingOlder && items[0]?.index === 0;
    return html`${loading ? html`<div class="before">${waiting(t("Loading what came before…"))}</div>` : nothing}
      <main
        @scroll=${this.scrolled}
        tabindex="0"
        aria-label=${t("Transcript")}
        data-revision=${this.revision}
        data-rows=${this.rows.length}
      >
        ${this.rows.length === 0 ? this.nothingYet() : this.window(items)}
      </main>
      ${
        this.away
          ? html`<button
              class="plain end"
              title=${t("Jump to the end")}
              aria-label=${t("Jump to the end")}
              @click=${this.jump}
            >
              ${codicon("arrow-down")}
            </button>`
          : nothing
      }`;
  }

  private window(items: VirtualItem[]): TemplateResult {
    const total = { height: `${this.virtual.getTotalSize()}px` };
    const at = { transform: `translateY(${items[0]?.start ?? 0}px)` };
    return html`<div class="space" ${painted(total)}>
      <div class="at" role="list" ${painted(at)}>
        ${repeat(
          items,
          ({ key }) => key,
          ({ index }) => this.listed(index),
        )}
      </div>
    </div>`;
  }

  private listed(index: number): TemplateResult {
    const row = this.rows[index];
    return html`<div role="listitem" data-index=${index} aria-setsize=${this.rows.length} aria-posinset=${index + 1}>
      ${row ? this.row(row) : nothing}
    </div>`;
  }

  private nothingYet(): TemplateResult {
    if (this.page.loading) return html`<div class="empty">${waiting(t("Loading the thread…"))}</div>`;
    return html`<div class="empty dim">
      <p>${t("Ask Codex to do something in this folder.")}</p>
      <p>${t("What it wants to change or run waits for you here and at the lines it touches.")}</p>
    </div>`;
  }

  private row(row: Row): TemplateResult | typeof nothing {
    switch (row.kind) {
      case "item": {
        const { page } = this;
        const { itemId } = row.item;
        return html`<outrigger-item
          ?waiting=${page.approvals.some((asked) => asked.itemId === itemId && asked.turnId === row.turn.turnId)}
          .item=${row.item}
          .turnId=${row.turn.turnId}
          .cwd=${this.thread?.cwd ?? null}
          .decided=${page.decisions[itemId] ?? ""}
          ?over=${row.over}
        ></outrigger-item>`;
      }
      case "plan":
        return planView(row.plan, row.over);
      case "marker":
        return markerView(row.marker);
      case "end":
        return this.end(row);
    }
  }

  private end({ turn, last, acts }: Row & { kind: "end" }): TemplateResult {
    const { page } = this;
    const over = turn.status !== "inProgress";
    return html`${turnError(turn)} ${!over && page.approvals.length === 0 ? waiting(t("Working…")) : nothing}
    ${acts && page.turns ? turnActions(turn.turnId) : nothing}
    ${turn.status === "interrupted" ? this.interrupted(last) : nothing}`;
  }

  private interrupted(last: boolean): TemplateResult {
    const { page } = this;
    const go = html`<vscode-button secondary ?disabled=${page.sending} @click=${() => post({ type: "continue" })}
      >${t("Continue")}</vscode-button
    >`;
    return html`<div class="row marker">
      ${codicon("debug-stop")}<span class="grow">${t("Interrupted")}</span>
      ${last && page.readOnly === null ? go : nothing}
    </div>`;
  }
}

const STEP_ICON: Record<string, string> = { completed: "pass", inProgress: "sync", pending: "circle-large-outline" };
const STEP_WORD: Record<string, () => string> = {
  completed: () => t("done"),
  inProgress: () => t("at work"),
  pending: () => t("to do"),
};

function planView({ explanation, steps }: Plan, over: boolean): TemplateResult {
  const done = steps.filter(({ status }) => status === "completed").length;
  return html`<section class="plan" aria-label=${t("Plan")}>
    <div class="row">
      <strong class="grow">${t("Plan")}</strong><span class="dim">${t("{0} of {1}", done, steps.length)}</span>
    </div>
    ${explanation ? html`<div class="dim words">${explanation}</div>` : nothing}
    <ol>
      ${steps.map(({ step, status: told }) => {
        // A turn that is over works at no step, whatever it said last.
        const status = over && told === "inProgress" ? "pending" : told;
        const label = STEP_WORD[status]?.() ?? status;
        return html`<li>
          ${codicon(STEP_ICON[status] ?? "circle-large-outline", { label, spin: status === "inProgress" })}
          <span class="words ${status}">${step}</span>
        </li>`;
      })}
    </ol>
  </section>`;
}

function markerView({ kind, text }: Marker): TemplateResult {
  const name = /error|failed/i.test(kind) ? "error" : /warn/i.test(kind) ? "warning" : "info";
  const icon = codicon(name, { label: markerName(kind) });
  const brief = oneLine(text || markerName(kind), MARKER_LIMIT);
  if (brief.whole) return html`<div class="row marker">${icon}<span class="grow">${brief.text}</span></div>`;
  return html`<details class="marker">
    <summary class="row">${icon}<span class="grow clip">${brief.text}</span></summary>
    <div class="words">${text}</div>
  </details>`;
}

function turnActions(turnId: string): TemplateResult {
  const action = (type: "reviewTurn" | "undoTurn", icon: string, label: string) =>
    html`<button class="plain row" @click=${() => post({ type, turnId })}>
      ${codicon(icon)}<span>${label}</span>
    </button>`;
  return html`<div class="actions turn">
    ${action("reviewTurn", "diff-multiple", t("Review changes"))} ${action("undoTurn", "discard", t("Undo turn"))}
  </div>`;
}

function turnError(turn: ThreadState["turns"][number]): TemplateResult | typeof nothing {
  const message = errorText(turn);
  if (!message) return nothing;
  const details = stringOf((turn.error as { additionalDetails?: unknown } | null)?.additionalDetails);
  return html`<div class="failure" role="alert">
    <div class="row">${codicon("error", { kind: "error" })}<span class="words grow">${message}</span></div>
    ${details ? html`<pre class="dim">${details}</pre>` : nothing}
  </div>`;
}
