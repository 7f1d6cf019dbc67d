// One item of a turn. It draws itself again only when its item is another object.

import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import type { ItemState } from "../protocol.generated";
import {
  type FileChange,
  fileChanges,
  otherLine,
  outputOf,
  reasoningText,
  relativePath,
  stringOf,
  userText,
} from "../view/items";
import { typedCommand } from "../wording";
import { post } from "./host";
import { fileLink } from "./links";
import { markdownHtml } from "./markdown";
import { base, diffStyles } from "./styles";

const STATUS_ICON: Record<string, string> = {
  inProgress: "sync",
  completed: "check",
  failed: "error",
  declined: "circle-slash",
  interrupted: "debug-stop",
};

const STATUS_WORD: Record<string, string> = {
  inProgress: "running",
  completed: "done",
  failed: "failed",
  declined: "declined",
  interrupted: "stopped",
};

@customElement("outrigger-item")
export class ItemView extends LitElement {
  @property({ attribute: false }) item!: ItemState;
  @property({ attribute: false }) turnId = "";
  @property({ attribute: false }) cwd: string | null = null;
  /** The turn is over: what still says it runs was never closed. */
  @property({ type: Boolean }) over = false;
  /** Who decided about it, where that was not done in this window. */
  @property({ attribute: false }) decided = "";
  /** A person has to decide before it goes on. */
  @property({ type: Boolean }) waiting = false;

  static override styles = [
    base,
    diffStyles,
    css`
      :host {
        display: block;
      }
      .user {
        background: var(--vscode-editor-inactiveSelectionBackground, var(--vscode-input-background));
        border: 1px solid var(--vscode-contrastBorder, transparent);
        border-radius: 6px;
        padding: 6px 10px;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .markdown {
        overflow-wrap: anywhere;
      }
      .markdown > :first-child {
        margin-top: 0;
      }
      .markdown > :last-child {
        margin-bottom: 0;
      }
      .markdown pre {
        padding: 8px;
        border-radius: 4px;
        background: var(--vscode-textCodeBlock-background);
        overflow-x: auto;
        white-space: pre;
      }
      .markdown :not(pre) > code {
        padding: 0 3px;
        border-radius: 3px;
        background: var(--vscode-textPreformat-background);
        color: var(--vscode-textPreformat-foreground);
      }
      .markdown table {
        border-collapse: collapse;
      }
      .markdown td,
      .markdown th {
        border: 1px solid var(--vscode-widget-border, currentColor);
        padding: 2px 6px;
      }
      details > summary {
        cursor: pointer;
        list-style: none;
        border-radius: 4px;
        padding: 2px 4px;
        margin: 0 -4px;
      }
      details > summary::-webkit-details-marker {
        display: none;
      }
      details > summary:hover {
        background: var(--vscode-list-hoverBackground);
      }
      details > .inside {
        margin: 4px 0 4px 20px;
      }
      summary vscode-icon.fold {
        transition: none;
      }
      details[open] > summary vscode-icon.fold {
        transform: rotate(90deg);
      }
      .output {
        max-height: 240px;
        overflow: auto;
        padding: 6px 8px;
        border-radius: 4px;
        background: var(--vscode-textCodeBlock-background);
      }
      .decided {
        margin: 2px 0 0 20px;
        font-size: 0.9em;
      }
      .files {
        display: flex;
        flex-direction: column;
        gap: 2px;
      }
    `,
  ];

  override render(): TemplateResult {
    if (!this.decided) return this.content();
    return html`${this.content()}
      <div class="row dim decided"><vscode-icon name="person"></vscode-icon><span>${this.decided}</span></div>`;
  }

  private content(): TemplateResult {
    const { item } = this;
    switch (item.type) {
      case "userMessage":
        return html`<div class="user" role="note" aria-label="You">${userText(item)}</div>`;
      case "agentMessage":
      case "plan":
        return html`${this.markdown(stringOf(item["text"]))}${this.cutNote()}`;
      case "reasoning":
        return this.reasoning();
      case "commandExecution":
        return this.command();
      case "fileChange":
        return html`<div class="files">${fileChanges(item).map((change) => this.file(change))}</div>`;
      default:
        return html`<div class="row dim">${this.statusIcon()}<span class="grow clip">${otherLine(item)}</span></div>`;
    }
  }

  private get status(): string {
    const status = this.item.status ?? "completed";
    return this.over && status === "inProgress" ? "interrupted" : status;
  }

  private statusIcon(): TemplateResult {
    if (this.waiting) return html`<vscode-icon name="bell-dot" label="waits for you"></vscode-icon>`;
    const name = STATUS_ICON[this.status] ?? "circle-outline";
    const failed = this.status === "failed" ? "error" : "";
    return html`<vscode-icon
      class=${failed}
      name=${name}
      ?spin=${name === "sync"}
      label=${STATUS_WORD[this.status] ?? this.status}
    ></vscode-icon>`;
  }

  private markdown(text: string): TemplateResult {
    return html`<div class="markdown" @click=${this.followLink}>${unsafeHTML(markdownHtml(text))}</div>`;
  }

  private readonly followLink = (event: Event): void => {
    const href = event
      .composedPath()
      .find((target) => target instanceof HTMLAnchorElement)
      ?.getAttribute("href");
    const file = href ? fileLink(href) : null;
    if (!file) return;
    event.preventDefault();
    post({ type: "openFile", ...file });
  };

  private fold(title: TemplateResult, inside: TemplateResult, open = false): TemplateResult {
    return html`<details ?open=${open}>
      <summary class="row"><vscode-icon class="fold dim" name="chevron-right"></vscode-icon>${title}</summary>
      <div class="inside">${inside}</div>
    </details>`;
  }

  private reasoning(): TemplateResult {
    const text = reasoningText(this.item);
    const [first = ""] = text.split("\n");
    const gist = first.replaceAll("**", "");
    if (!text) return html`<div class="dim">Thinking…</div>`;
    return this.fold(html`<span class="dim clip">Thought: ${gist}</span>`, this.markdown(text));
  }

  private command(): TemplateResult {
    const { item } = this;
    const exitCode = item["exitCode"];
    const failed = typeof exitCode === "number" && exitCode !== 0;
    const output = outputOf(item);
    const title = html`<code class="grow clip">${typedCommand(stringOf(item["command"]))}</code>
      ${failed ? html`<span class="error">exit ${exitCode}</span>` : nothing}
      ${this.status === "declined" ? html`<span class="dim">declined</span>` : nothing} ${this.statusIcon()}`;
    const inside = html`<pre class="dim">${stringOf(item["command"])}</pre>
      ${output ? html`<pre class="output" tabindex="0">${output}</pre>` : html`<div class="dim">No output</div>`}
      ${this.cutNote()}`;
    return this.fold(title, inside, failed && output !== "");
  }

  private file(change: FileChange): TemplateResult {
    const path = relativePath(change.path, this.cwd);
    const verb = { add: "Create", delete: "Delete" }[change.kind] ?? "Edit";
    const moved = change.movedTo ? ` → ${relativePath(change.movedTo, this.cwd)}` : "";
    const title = html`<span class="grow clip">${verb} <code>${path}${moved}</code></span>
      <span class="mono plus">+${change.added}</span
      ><span class="mono minus">−${change.removed}</span>
      ${this.status === "declined" ? html`<span class="dim">declined</span>` : nothing} ${this.statusIcon()}`;
    return this.fold(title, diffView(change));
  }

  private cutNote(): TemplateResult | typeof nothing {
    if (!this.item.truncated) return nothing;
    const whole = { type: "wholeItem", turnId: this.turnId, itemId: this.item.itemId } as const;
    return html`<vscode-button secondary @click=${() => post(whole)}>Show all of it</vscode-button>`;
  }
}

export function diffView(change: FileChange): TemplateResult {
  return html`<pre class="diff" tabindex="0">
${change.lines.map(({ kind, text }) => html`<span class=${kind}>${text}</span>`)}</pre>`;
}
