// Where the person writes. Enter sends; an Enter that ends an IME composition does not.

import { css, html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { draft, post } from "./host";
import { base } from "./styles";

/** The key that this system's people hold to do the other thing. */
const KEY = navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl";

@customElement("outrigger-composer")
export class Composer extends LitElement {
  /** A turn runs: a message steers it, and Stop ends it. */
  @property({ type: Boolean }) active = false;
  @property({ type: Boolean }) stopping = false;
  @property({ type: Boolean }) sending = false;
  @property({ type: Boolean }) disabled = false;
  /** Nobody is there to send to, for a moment: writing goes on. */
  @property({ type: Boolean }) away = false;
  @state() private text = draft.text;
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

  /** The draft was changed from outside. */
  redraw(): void {
    this.text = draft.text;
  }

  /** The person is at it. */
  get writing(): boolean {
    return document.hasFocus() && this.shadowRoot?.activeElement === this.box;
  }

  override focus(): void {
    this.box.focus();
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("text" as keyof Composer) || CSS.supports("field-sizing", "content")) return;
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
  }

  override render(): TemplateResult {
    const label = this.active ? "Steer Codex" : "Message to Codex";
    const idle = !this.text.trim() || this.disabled || this.away || this.sending;
    return html`<div class="box">
      <textarea
        rows="2"
        aria-label=${label}
        aria-describedby="hint"
        placeholder=${this.active ? "Enter steers the running turn…" : "Ask Codex to do something…"}
        .value=${this.text}
        ?disabled=${this.disabled}
        @input=${this.written}
        @blur=${() => draft.tell()}
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
                >
                <vscode-button
                  secondary
                  icon="watch"
                  title="Send it when Codex is done (${KEY}+Enter)"
                  ?disabled=${idle}
                  @click=${() => this.send("queue")}
                  >Queue</vscode-button
                >`
            : ""
        }
        <vscode-button icon="send" ?disabled=${idle} @click=${() => this.send("send")}
          >${this.active ? "Steer" : "Send"}</vscode-button
        >
      </div>
    </div>`;
  }

  private readonly keydown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send(this.active && (event.ctrlKey || event.metaKey) ? "queue" : "send");
  };

  private readonly written = (): void => {
    this.text = this.box.value;
    draft.write(this.text);
  };

  private send(type: "send" | "queue"): void {
    const { text } = this;
    if (!text.trim() || this.disabled || this.away || this.sending) return;
    draft.clear();
    this.redraw();
    post({ type, text });
  }
}
