// Where the person writes. Enter sends; an Enter that ends an IME composition does not.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { language, t } from "../l10n";
import type { ThreadState } from "../protocol.generated";
import { type Asked, askedAt, contextUsed, quoted, written } from "../view/caret";
import type { ChoicesPage } from "../view/choices";
import type { Limit } from "../view/limits";
import type { Message, Suggestion } from "../view/messages";
import { composerStyles } from "./composerStyles";
import { attached, draft, post } from "./host";
import { codicon } from "./icon";
import { pictureUrl } from "./pictureUrl";
import { base } from "./styles";

/** The key that this system's people hold to do the other thing. */
const key = () => (navigator.platform.startsWith("Mac") ? "⌘" : t("Ctrl"));
/** Pictures of one message, and how large each may be, in bytes. */
const [MOST_PICTURES, MOST_BYTES] = [5, 4 * 1024 * 1024];

const number = (value: number) => value.toLocaleString(language());

@customElement("outrigger-composer")
export class Composer extends LitElement {
  /** A turn runs: a message steers it, and Stop ends it. */
  @property({ type: Boolean }) active = false;
  @property({ type: Boolean }) stopping = false;
  @property({ type: Boolean }) sending = false;
  @property({ type: Boolean }) disabled = false;
  /** Nobody is there to send to, for a moment: writing goes on. */
  @property({ type: Boolean }) away = false;
  /** Codex takes no message before a login. */
  @property({ type: Boolean }) signedout = false;
  @property({ attribute: false }) choices: ChoicesPage | null = null;
  @property({ attribute: false }) limits: Limit[] = [];
  @property({ attribute: false }) usage: unknown = null;
  /** The thread, for what was written in it before. */
  @property({ attribute: false }) said: ThreadState | null = null;
  @state() private text = draft.text;
  @state() private pictures = attached.get();
  @state() private asked: Asked | null = null;
  @state() private suggestions: Suggestion[] = [];
  @state() private chosen = 0;
  @state() private refused = "";
  /** Which of the messages before is shown; -1 for what is being written. */
  private past = -1;
  private unsent = "";
  /** The person pressed "Sign in and send": it goes once they are signed in, unless they wrote on. */
  private toSend = false;
  @query("textarea") private readonly box!: HTMLTextAreaElement;

  static override styles = [base, composerStyles];

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

  /** What could not be sent comes back, before what was written since. */
  putBack({ text, pictures }: Message): void {
    draft.putBack(text);
    this.attach(pictures);
    this.redraw();
  }

  quote(text: string): void {
    this.write(quoted(text, this.text), true);
  }

  /** Puts a text at the cursor. */
  insert(text: string): void {
    const at = this.box.selectionEnd;
    const gap = at > 0 && !/\s$/.test(this.text.slice(0, at)) ? " " : "";
    this.replace(at, at, `${gap}${text} `);
  }

  suggest(word: string, items: Suggestion[]): void {
    if (this.asked?.query !== word) return;
    [this.suggestions, this.chosen] = [items, 0];
  }

  protected override updated(changed: PropertyValues): void {
    this.renderRoot.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
    if (changed.has("signedout") && this.toSend && !this.signedout) this.send("send");
    if (!changed.has("text") || CSS.supports("field-sizing", "content")) return;
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
  }

  override render(): TemplateResult {
    const label = this.active ? t("Steer Codex") : t("Message to Codex");
    const listed = this.suggestions.length > 0;
    return html`${listed ? this.list() : nothing}
      <div class="box" @dragover=${(event: Event) => event.preventDefault()} @drop=${this.dropped}>
        ${this.pictures.length > 0 ? this.attachments() : nothing}
        <textarea
          rows="2"
          aria-label=${label}
          aria-describedby="hint"
          aria-autocomplete="list"
          aria-controls=${listed ? "suggestions" : nothing}
          aria-activedescendant=${listed ? `suggestion-${this.chosen}` : nothing}
          placeholder=${this.active ? t("Enter steers the running turn…") : t("Ask Codex to do something…")}
          .value=${this.text}
          ?disabled=${this.disabled}
          @input=${this.typed}
          @blur=${() => draft.tell()}
          @keydown=${this.keydown}
          @keyup=${this.look}
          @click=${this.look}
          @paste=${this.pasted}
        ></textarea>
        ${this.refused ? html`<div class="refused" role="alert">${this.refused}</div>` : nothing}
        <div class="row tools">
          <button
            class="plain icon"
            title=${t("Add a file, folder or symbol")}
            aria-label=${t("Add a file, folder or symbol")}
            @click=${this.mention}
          >
            ${codicon("mention")}
          </button>
          <span id="hint" class="dim clip grow">${this.active ? "" : t("Enter to send · @ files · / commands")}</span>
          ${this.buttons()}
        </div>
      </div>
      <div class="row dim below">
        ${this.chooser("model", this.choices?.model ?? "", t("Model and effort"))}
        ${this.chooser("approvals", this.choices?.approvals ?? "", t("Approvals and sandbox"))} ${this.meters()}
      </div>`;
  }

  private chooser(what: "model" | "approvals", text: string, name: string): TemplateResult | typeof nothing {
    if (!text) return nothing;
    return html`<button
      class="plain choice clip"
      title=${name}
      aria-label=${`${name}: ${text}`}
      aria-haspopup="listbox"
      @click=${() => post({ type: "choose", what })}
    >
      ${text}
    </button>`;
  }

  private buttons(): TemplateResult {
    const idle = !this.isWritten || this.disabled || this.away || this.sending;
    const queue = html`<vscode-button
      secondary
      icon="watch"
      icon-only
      aria-label=${t("Queue")}
      title=${t("Send it when Codex is done ({0}+Enter)", key())}
      ?disabled=${idle}
      @click=${() => this.send("queue")}
    ></vscode-button>`;
    const stop = html`<vscode-button
      secondary
      icon="debug-stop"
      ?disabled=${this.stopping}
      @click=${() => post({ type: "stop" })}
      >${this.stopping ? t("Stopping…") : t("Stop")}</vscode-button
    >`;
    const name = this.signedout ? t("Sign in and send") : this.active ? t("Steer") : t("Send");
    return html`${this.active ? html`${stop} ${queue}` : nothing}
      <vscode-button icon="send" ?disabled=${idle} @click=${() => this.send("send")}>${name}</vscode-button>`;
  }

  /** How full the context is, and how much is used of what the account allows. */
  private meters(): TemplateResult {
    const context = contextUsed(this.usage);
    const full = context
      ? html`<span
          class=${context.percent >= 80 ? "high" : ""}
          title=${t("{0} of {1} tokens of context", number(context.tokens), number(context.window))}
          >${t("Context {0} %", context.percent)}</span
        >`
      : nothing;
    return html`${full}
    ${this.limits.map(
      ({ name, percent, resets }) =>
        html`<span class=${percent >= 80 ? "high" : ""} title=${resets}>${name} ${percent} %</span>`,
    )}`;
  }

  private attachments(): TemplateResult {
    const remove = (at: number) => this.keep(this.pictures.filter((_, other) => other !== at));
    return html`<div class="pictures">
      ${this.pictures.map(
        (url, at) =>
          html`<span class="picture"
            ><img src=${url} alt=${t("Picture {0}", at + 1)} /><button
              class="plain icon"
              title=${t("Remove")}
              aria-label=${t("Remove picture {0}", at + 1)}
              @click=${() => remove(at)}
            >
              ${codicon("close")}
            </button></span
          >`,
      )}
    </div>`;
  }

  private list(): TemplateResult {
    return html`<div class="list" id="suggestions" role="listbox" aria-label=${t("Suggestions")}>
      ${this.suggestions.map(
        ({ label, detail, icon }, at) =>
          html`<div
            class="row option"
            role="option"
            id="suggestion-${at}"
            aria-selected=${at === this.chosen}
            @mousedown=${(event: Event) => event.preventDefault()}
            @click=${() => this.take(at)}
          >
            ${codicon(icon)}<span class="label">${label}</span><span class="dim clip grow">${detail}</span>
          </div>`,
      )}
    </div>`;
  }

  /** There is something to send. */
  private get isWritten(): boolean {
    return this.text.trim() !== "" || this.pictures.length > 0;
  }

  private readonly keydown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.key === "Process") return; // The key belongs to the IME.
    if (this.suggestions.length > 0 && this.inList(event)) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") this.recall(event);
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.send(this.active && (event.ctrlKey || event.metaKey) ? "queue" : "send");
  };

  /** Keys that are meant for the suggestions while there are some. */
  private inList(event: KeyboardEvent): boolean {
    const { length } = this.suggestions;
    const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!plain) return false;
    if (event.key === "ArrowDown") this.chosen = (this.chosen + 1) % length;
    else if (event.key === "ArrowUp") this.chosen = (this.chosen + length - 1) % length;
    else if (event.key === "Enter" || event.key === "Tab") this.take(this.chosen);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** Up at the start of the text goes back through what was written in this thread, down forth again. */
  private recall(event: KeyboardEvent): void {
    const { selectionStart, selectionEnd, value } = this.box;
    const up = event.key === "ArrowUp";
    const edge = up ? 0 : value.length;
    if (selectionStart !== edge || selectionEnd !== edge || event.shiftKey) return;
    const texts = written(this.said);
    const next = this.past + (up ? 1 : -1);
    if (next < -1 || next >= texts.length) return;
    if (this.past === -1) this.unsent = this.text;
    event.preventDefault();
    this.past = next;
    this.write(next === -1 ? this.unsent : (texts[next] ?? ""), false);
    const at = up ? 0 : this.text.length;
    void this.updateComplete.then(() => this.box.setSelectionRange(at, at));
  }

  private readonly typed = (): void => {
    this.text = this.box.value;
    this.past = -1;
    this.toSend = false;
    this.refused = "";
    draft.write(this.text);
    this.look();
  };

  /** Asks for suggestions when the cursor is at a word that wants some. */
  private readonly look = (event?: Event): void => {
    if (event instanceof KeyboardEvent && !/^Arrow(Left|Right)|Home|End$/.test(event.key)) return;
    const { selectionStart, selectionEnd } = this.box;
    const asked = selectionStart === selectionEnd ? askedAt(this.text, selectionEnd) : null;
    if (asked?.query === this.asked?.query && asked?.from === this.asked?.from) return;
    this.close();
    this.asked = asked;
    if (asked) post({ type: "suggest", query: asked.query });
  };

  private close(): void {
    [this.asked, this.suggestions] = [null, []];
  }

  private take(at: number): void {
    const [asked, suggestion] = [this.asked, this.suggestions[at]];
    if (!asked || !suggestion) return;
    this.close();
    this.replace(asked.from, asked.from + asked.query.length, suggestion.insert ? `${suggestion.insert} ` : "");
    if (suggestion.command !== undefined) post({ type: "command", command: suggestion.command });
  }

  private readonly mention = (): void => {
    const at = this.box.selectionEnd;
    const gap = at > 0 && !/\s$/.test(this.text.slice(0, at)) ? " @" : "@";
    this.replace(at, at, gap);
  };

  private replace(from: number, to: number, text: string): void {
    this.write(this.text.slice(0, from) + text + this.text.slice(to), false);
    void this.updateComplete.then(() => {
      this.box.focus();
      this.box.setSelectionRange(from + text.length, from + text.length);
      this.look();
    });
  }

  private write(text: string, focus: boolean): void {
    this.text = text;
    draft.write(text);
    if (focus) void this.updateComplete.then(() => this.box.focus());
  }

  private readonly pasted = (event: ClipboardEvent): void => {
    if (this.takePictures(event.clipboardData)) event.preventDefault();
  };

  private readonly dropped = (event: DragEvent): void => {
    event.preventDefault();
    this.takePictures(event.dataTransfer);
  };

  /** Takes the pictures of a paste or a drop; says whether there were any. */
  private takePictures(data: DataTransfer | null): boolean {
    const files = [...(data?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
    for (const file of files) void this.read(file);
    return files.length > 0;
  }

  private async read(file: File): Promise<void> {
    if (file.size > MOST_BYTES) {
      this.refused = t("A picture may have 4 MB at the most.");
      return;
    }
    const url = await new Promise<string>((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(typeof reader.result === "string" ? reader.result : "");
      reader.onerror = () => resolve("");
      reader.readAsDataURL(file);
    });
    this.attach([url]);
  }

  private attach(urls: string[]): void {
    const good = urls.filter((url) => pictureUrl(url) !== null);
    if (good.length < urls.length) this.refused = t("Codex takes PNG, JPEG, GIF and WebP pictures.");
    if (this.pictures.length + good.length > MOST_PICTURES) this.refused = t("A message takes 5 pictures at the most.");
    this.keep([...this.pictures, ...good].slice(0, MOST_PICTURES));
  }

  private keep(pictures: string[]): void {
    this.pictures = pictures;
    attached.set(pictures);
  }

  private send(type: "send" | "queue"): void {
    const { text, pictures } = this;
    if (!this.isWritten || this.disabled || this.away || this.sending) return;
    this.toSend = this.signedout;
    if (this.signedout) {
      post({ type: "signIn" });
      return;
    }
    this.past = -1;
    this.close();
    draft.clear();
    this.keep([]);
    this.redraw();
    post({ type, text, pictures });
  }
}
