// Where the person writes. Enter sends; an Enter that ends an IME composition does not.

import { css, html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { keepDraft, keptDraft, post } from "./host";
import { base } from "./styles";

@customElement("outrigger-composer")
export class Composer extends LitElement {
  /** A turn runs: a message steers it, and Stop ends it. */
  @property({ type: Boolean }) active = false;
  @property({ type: Boolean }) stopping = false;
  @property({ type: Boolean }) sending = false;
  @property({ type: Boolean }) disabled = false;
  @state() private draft = keptDraft();
  @query("textarea") private readonly box!: HTMLTextAreaElement;

  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      .box {
        display: flex;
        flex-direction: column;
        border: 1px solid var(--vscode-input-border, var(--vscode-widget-border, transparent));
        border-radius: 6px;
        background: var(--vscode-input-background);
      }
      .box:focus-within {
        border-color: var(--vscode-focusBorder);
      }
      textarea {
        font: inherit;
        color: var(--vscode-input-foreground);
        background: transparent;
        border: 0;
        outline: none;
        resize: none;
        padding: 8px 10px 2px;
        max-height: 40vh;
        overflow-y: auto;
        field-sizing: content;
        min-height: 3.6em;
      }
      textarea::placeholder {
        color: var(--vscode-input-placeholderForeground);
      }
      .row {
        padding: 4px 6px 6px 10px;
      }
    `,
  ];

  /** Puts text back that could not be sent, before what was written since. */
  restore(text: string): void {
    this.keep(this.draft.trim() ? `${text}\n${this.draft}` : text);
  }

  override focus(): void {
    this.box.focus();
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("draft" as keyof Composer) || CSS.supports("field-sizing", "content")) return;
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
  }

  override render(): TemplateResult {
    const label = this.active ? "Steer Codex" : "Message to Codex";
    const empty = !this.draft.trim();
    return html`<div class="box">
      <textarea
        rows="2"
        aria-label=${label}
        aria-describedby="hint"
        placeholder=${this.active ? "Enter steers the running turn…" : "Ask Codex to do something…"}
        .value=${this.draft}
        ?disabled=${this.disabled}
        @input=${() => this.keep(this.box.value)}
        @keydown=${this.keydown}
      ></textarea>
      <div class="row">
        <span id="hint" class="dim grow clip" title="Shift+Enter starts a new line"
          >${this.active ? "" : "Enter to send"}</span
        >
        ${
          this.active
            ? html`<vscode-button
                secondary
                icon="debug-stop"
                ?disabled=${this.stopping}
                @click=${() => post({ type: "stop" })}
                >${this.stopping ? "Stopping…" : "Stop"}</vscode-button
              >`
            : ""
        }
        <vscode-button icon="send" ?disabled=${empty || this.disabled || this.sending} @click=${this.send}
          >${this.active ? "Steer" : "Send"}</vscode-button
        >
      </div>
    </div>`;
  }

  private readonly keydown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  };

  private readonly send = (): void => {
    if (!this.draft.trim() || this.disabled || this.sending) return;
    post({ type: "send", text: this.draft });
    this.keep("");
  };

  private keep(draft: string): void {
    this.draft = draft;
    keepDraft(draft);
  }
}
