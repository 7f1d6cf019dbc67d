// One item of a turn. It draws itself again only when its item is another object.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { t } from "../l10n";
import type { ItemState } from "../protocol.generated";
import {
  attachmentsOf,
  type FileChange,
  fileChanges,
  otherLine,
  outputOf,
  reasoningText,
  relativePath,
  stringOf,
  toolParts,
  userWords,
} from "../view/items";
import { typedCommand } from "../wording";
import { ansiView } from "./ansi";
import { diffStyles, diffView, pathOf } from "./diff";
import { isOpen, setOpen } from "./folds";
import { highlighted, loadGrammars } from "./highlight";
import { post } from "./host";
import { codicon } from "./icon";
import { ansiStyles, codeStyles, itemStyles, markdownStyles } from "./itemStyles";
import { webLink } from "./links";
import { MarkdownView, openFile } from "./markdown";
import { pictures } from "./pictures";
import { pictureUrl } from "./pictureUrl";
import { base } from "./styles";

const STATUS_ICON: Record<string, string> = {
  inProgress: "sync",
  completed: "check",
  failed: "error",
  declined: "circle-slash",
  interrupted: "debug-stop",
};

const STATUS_WORD: Record<string, () => string> = {
  inProgress: () => t("running"),
  completed: () => t("done"),
  failed: () => t("failed"),
  declined: () => t("declined"),
  interrupted: () => t("stopped"),
};

/** A growing text may take this part of the time to be drawn. */
const SHARE = 6;
/** A frame takes about this long, in milliseconds, without any work of ours. */
const FRAME_MS = 20;

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
  /** Changes of files that are drawn to their last line. */
  @state() private whole = new Set<number>();
  private readonly text = new MarkdownView();
  /** How long the last drawing kept the page busy beyond a frame, in milliseconds, and when it began. */
  private cost = 0;
  private drawnAt = 0;

  static override styles = [base, diffStyles, itemStyles, markdownStyles, codeStyles, ...ansiStyles];

  private readonly redraw = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    pictures.addEventListener("picture", this.redraw);
    void loadGrammars().then(this.redraw, this.redraw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    pictures.removeEventListener("picture", this.redraw);
  }

  /** A text that grows fast is drawn as often as the page can bear it. */
  protected override async scheduleUpdate(): Promise<void> {
    const wait = this.status === "inProgress" ? this.drawnAt + this.cost * SHARE - performance.now() : 0;
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    await super.scheduleUpdate();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.get("item") && changed.get("item")?.itemId !== this.item.itemId) this.whole = new Set();
    this.drawnAt = performance.now();
  }

  protected override updated(): void {
    const began = this.drawnAt;
    if (this.status !== "inProgress") return;
    void requestAnimationFrame(() => setTimeout(() => (this.cost = Math.max(performance.now() - began - FRAME_MS, 0))));
    const output = this.renderRoot.querySelector(".output");
    if (output) output.scrollTop = output.scrollHeight;
  }

  override render(): TemplateResult {
    if (!this.decided) return this.content();
    return html`${this.content()}
      <div class="row dim decided">${codicon("person")}<span>${this.decided}</span></div>`;
  }

  private content(): TemplateResult {
    const { item } = this;
    switch (item.type) {
      case "userMessage":
        return this.user();
      case "agentMessage":
      case "plan":
        return html`${this.text.draw(stringOf(item["text"]))}${this.acts(stringOf(item["text"]))}${this.cutNote()}`;
      case "reasoning":
        return this.reasoning();
      case "commandExecution":
        return this.command();
      case "fileChange":
        return html`<div class="files">${fileChanges(item).map((change, at) => this.file(change, at))}</div>`;
      case "mcpToolCall":
      case "dynamicToolCall":
      case "collabAgentToolCall":
        return this.tool();
      case "webSearch":
        return this.web();
      case "imageView":
        return this.picture(stringOf(item["path"]));
      case "imageGeneration":
        return this.made();
      case "exitedReviewMode":
        return html`<div class="row dim">${this.statusIcon()}<span>${t("Review ended")}</span></div>
          ${this.text.draw(stringOf(item["review"]))}${this.acts(stringOf(item["review"]))}`;
      default:
        return html`<div class="row dim">${this.statusIcon()}<span class="grow clip">${otherLine(item)}</span></div>`;
    }
  }

  private get status(): string {
    const status = this.item.status ?? "completed";
    return this.over && status === "inProgress" ? "interrupted" : status;
  }

  private statusIcon(): TemplateResult {
    if (this.waiting) return codicon("bell-dot", { label: t("waits for you") });
    const name = STATUS_ICON[this.status] ?? "circle-outline";
    const failed = this.status === "failed" ? "error" : "";
    return codicon(name, { label: STATUS_WORD[this.status]?.() ?? this.status, spin: name === "sync", kind: failed });
  }

  private user(): TemplateResult {
    const text = userWords(this.item);
    return html`<div class="user" role="note" aria-label=${t("You")} tabindex="0">${text}${this.attachments()}</div>
      ${this.acts(text)}`;
  }

  private attachments(): TemplateResult | typeof nothing {
    const attachments = attachmentsOf(this.item);
    if (attachments.length === 0) return nothing;
    return html`<div class="chips">
      ${attachments.map(({ kind, value }) => {
        const url = kind === "path" ? pictures.of(value) : kind === "url" ? pictureUrl(value) : null;
        return url ? html`<img src=${url} alt=${t("Attached picture")} />` : html`<span class="dim">${value}</span>`;
      })}
    </div>`;
  }

  private acts(text: string): TemplateResult | typeof nothing {
    if (!text) return nothing;
    const quote = () => this.dispatchEvent(new CustomEvent("quote", { detail: text, bubbles: true, composed: true }));
    const act = (name: string, told: string, icon: string, run: () => void) =>
      html`<button class="plain icon" title=${name} aria-label=${told} @click=${run}>${codicon(icon)}</button>`;
    return html`<div class="acts">
      ${act(t("Copy"), t("Copy message"), "copy", () => post({ type: "copy", text }))}
      ${act(t("Quote"), t("Quote message"), "quote", quote)}
    </div>`;
  }

  /** A line that can be unfolded. `part` tells several of one item apart. */
  private fold(title: TemplateResult, inside: () => TemplateResult, otherwise = false, part = 0): TemplateResult {
    const name = `${this.turnId}/${this.item.itemId}/${part}`;
    const open = isOpen(name, otherwise);
    const toggle = (event: Event) => {
      event.preventDefault();
      setOpen(name, !open);
      this.requestUpdate();
    };
    return html`<details ?open=${open}>
      <summary class="row" @click=${toggle}>${codicon("chevron-right", { kind: "fold" })}${title}</summary>
      ${open ? html`<div class="inside">${inside()}</div>` : nothing}
    </details>`;
  }

  private reasoning(): TemplateResult {
    const text = reasoningText(this.item);
    const [first = ""] = text.split("\n");
    if (!text) return html`<div class="dim">${this.status === "inProgress" ? t("Thinking…") : t("Thought")}</div>`;
    const title = html`<span class="dim clip">${t("Thought: {0}", first.replaceAll("**", ""))}</span>`;
    return this.fold(title, () => html`<div class="dim">${this.text.draw(text)}</div>`);
  }

  private command(): TemplateResult {
    const { item } = this;
    const exitCode = item["exitCode"];
    const failed = typeof exitCode === "number" && exitCode !== 0;
    const output = outputOf(item);
    const command = stringOf(item["command"]);
    const title = html`<code class="grow clip">${typedCommand(command)}</code>
      ${failed ? html`<span class="error">${t("exit {0}", exitCode)}</span>` : nothing}
      ${this.status === "declined" ? html`<span class="dim">${t("declined")}</span>` : nothing} ${this.statusIcon()}`;
    const printed = () =>
      output
        ? html`<pre class="output" tabindex="0" role="group" aria-label=${t("Output")}>${ansiView(output)}</pre>`
        : html`<div class="dim">${t("No output")}</div>`;
    const runs = this.status === "inProgress" && output !== "";
    return this.fold(
      title,
      () =>
        html`<pre class="dim">${highlighted(command, "bash")}</pre>
          ${printed()} ${this.cutNote()}`,
      runs || (failed && output !== ""),
    );
  }

  private file(change: FileChange, at: number): TemplateResult {
    const path = relativePath(change.path, this.cwd);
    const verb = { add: t("Create"), delete: t("Delete") }[change.kind] ?? t("Edit");
    const moved = change.movedTo ? ` → ${relativePath(change.movedTo, this.cwd)}` : "";
    const open = () => openFile({ path: pathOf(change.movedTo ?? change.path), line: null });
    const title = html`<span class="grow clip">${verb} <code>${path}${moved}</code></span>
      <span class="mono plus">+${change.added}</span
      ><span class="mono minus">−${change.removed}</span>
      ${this.status === "declined" ? html`<span class="dim">${t("declined")}</span>` : nothing} ${this.statusIcon()}`;
    const showAll = () => (this.whole = new Set([...this.whole, at]));
    return html`<div class="file">
      ${this.fold(title, () => diffView(change, this.whole.has(at), showAll), false, at)}
      <button class="plain icon" title=${t("Open {0}", path)} aria-label=${t("Open {0}", path)} @click=${open}>
        ${codicon("go-to-file")}
      </button>
    </div>`;
  }

  private tool(): TemplateResult {
    const { item } = this;
    const { input, output, error } = toolParts(item);
    const progress = stringOf(item["progress"]);
    const title = html`<span class="grow clip">${otherLine(item)}</span>
      ${progress && this.status === "inProgress" ? html`<span class="dim clip">${progress}</span>` : nothing}
      ${this.statusIcon()}`;
    return this.fold(
      title,
      () =>
        html`${input ? html`<pre class="dim">${highlighted(input, "json")}</pre>` : nothing}
        ${output ? html`<pre class="output" tabindex="0" role="group" aria-label=${t("Result")}>${ansiView(output)}</pre>` : nothing}
        ${error ? html`<div class="error">${error}</div>` : nothing} ${this.cutNote()}`,
      this.status === "failed",
    );
  }

  private web(): TemplateResult {
    const action = (this.item["action"] ?? {}) as { type?: unknown; url?: unknown };
    const url = webLink(stringOf(action.url));
    const line = html`${codicon("globe")}
      <span class="grow clip">${url ? html`${t("Opened")} <a href=${url}>${url}</a>` : otherLine(this.item)}</span>
      ${this.statusIcon()}`;
    return html`<div class="row dim">${line}</div>`;
  }

  private picture(path: string): TemplateResult {
    const title = html`<span class="grow clip">${otherLine(this.item)}</span>${this.statusIcon()}`;
    return this.fold(title, () => {
      const url = pictures.of(path);
      if (url) return html`<img src=${url} alt=${relativePath(path, this.cwd)} />`;
      return html`<span class="dim">${url === null ? t("It can't be shown.") : t("Loading…")}</span>`;
    });
  }

  private made(): TemplateResult {
    const result = stringOf(this.item["result"]);
    const url = pictureUrl(result.startsWith("data:") ? result : `data:image/png;base64,${result}`);
    return url
      ? html`<img src=${url} alt=${t("Picture that Codex made")} />`
      : html`<div class="row dim">${this.statusIcon()}<span>${t("Made a picture")}</span></div>`;
  }

  private cutNote(): TemplateResult | typeof nothing {
    if (!this.item.truncated) return nothing;
    const whole = { type: "wholeItem", turnId: this.turnId, itemId: this.item.itemId } as const;
    return html`<vscode-button secondary @click=${() => post(whole)}>${t("Show all of it")}</vscode-button>`;
  }
}
