// What Codex waits for, as a card above the composer.

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { t } from "../l10n";
import type { Approval, DecisionOption } from "../protocol.generated";
import { answersOf, type Question, questionsOf } from "../questions";
import { fileChange, relativePath, stringOf } from "../view/items";
import { headline, networkOf, optionLabel, typedCommand } from "../wording";
import { post } from "./host";
import { diffStyles, diffView } from "./diff";
import { base } from "./styles";

@customElement("outrigger-card")
export class Card extends LitElement {
  @property({ attribute: false }) approval!: Approval;
  @property({ type: Boolean }) deciding = false;
  @property({ type: Boolean }) elsewhere = false;
  /** A document that the change touches has unsaved edits. */
  @property({ type: Boolean }) unsaved = false;
  /** Some of its hunks can be accepted without the others. */
  @property({ type: Boolean }) choosable = false;
  @state() private given: Record<string, string> = {};

  static override styles = [
    base,
    diffStyles,
    css`
      :host {
        display: block;
      }
      section {
        border: 1px solid var(--vscode-inputValidation-infoBorder, var(--vscode-focusBorder));
        border-radius: 6px;
        padding: 8px 10px;
        background: var(--vscode-editorWidget-background);
        display: flex;
        flex-direction: column;
        gap: 8px;
      }
      h3 {
        margin: 0;
        font-size: inherit;
        font-weight: 600;
      }
      .command {
        padding: 6px 8px;
        border-radius: 4px;
        background: var(--vscode-textCodeBlock-background);
        max-height: 160px;
        overflow: auto;
      }
      .cwd {
        overflow-wrap: anywhere;
      }
      details > summary {
        cursor: pointer;
      }
      .diff {
        max-height: 180px;
        margin-top: 4px;
      }
      .question {
        display: flex;
        flex-direction: column;
        gap: 6px;
        border: 0;
        margin: 0;
        padding: 0;
      }
      .question legend {
        padding: 0;
        margin-bottom: 4px;
      }
      button.option {
        border: 1px solid
          var(--vscode-button-border, var(--vscode-widget-border, var(--vscode-contrastBorder, currentColor)));
        padding: 4px 8px;
      }
      button.option[aria-pressed="true"] {
        background: var(--vscode-list-activeSelectionBackground);
        color: var(--vscode-list-activeSelectionForeground);
      }
    `,
  ];

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("approval");
    if (before && before.approvalId !== this.approval.approvalId) this.given = {};
  }

  override render(): TemplateResult {
    const { approval } = this;
    return html`<section aria-label=${headline(approval)} tabindex="-1">
      <h3>${this.heading()}</h3>
      ${approval.reason ? html`<div>${approval.reason}</div>` : nothing} ${this.body()}
    </section>`;
  }

  private heading(): string {
    const title =
      this.approval.kind === "command" && !networkOf(this.approval) ? t("Codex wants to run") : headline(this.approval);
    return this.elsewhere ? t("{0} (another thread)", title) : title;
  }

  private body(): TemplateResult {
    const { approval } = this;
    switch (approval.kind) {
      case "command":
        return html`${this.command()}${this.choices()}`;
      case "fileChange":
        return html`${this.files()}${this.choices()}`;
      case "question":
        return this.questions(questionsOf(approval));
      default:
        return html`${this.details(approval.elicitation ?? approval.permissions ?? approval.request)}${this.choices()}`;
    }
  }

  private command(): TemplateResult {
    const { command, cwd } = this.approval;
    const network = networkOf(this.approval);
    const typed = typedCommand(command ?? "");
    return html`${network ? html`<div>${t("Host:")} <code>${network.host}</code> ${network.protocol ?? ""}</div>` : nothing}
    ${typed ? html`<pre class="command" tabindex="0">${typed}</pre>` : nothing}
    ${cwd ? html`<div class="dim cwd">${t("in")} <code>${cwd}</code></div>` : nothing}`;
  }

  private files(): TemplateResult {
    const { approval } = this;
    const changes = (approval.changes ?? []).map(fileChange).filter((change) => change !== null);
    return html`${changes.map(
      (change) =>
        html`<details ?open=${changes.length === 1 && change.lines.length <= 12}>
          <summary>
            <code>${relativePath(change.path, approval.cwd)}</code> <span class="mono plus">+${change.added}</span>
            <span class="mono minus">−${change.removed}</span>
          </summary>
          ${diffView(change)}
        </details>`,
    )}`;
  }

  /** What an MCP server or the app-server says of its request: a message, a link, or the request as it is. */
  private details(value: unknown): TemplateResult {
    const fields = (value ?? {}) as Record<string, unknown>;
    const [message, url] = [stringOf(fields["message"]), stringOf(fields["url"])];
    if (message || url)
      return html`<div>${message}</div>
        ${/^https?:/.test(url) ? html`<a href=${url}>${url}</a>` : nothing}`;
    return html`<pre class="command" tabindex="0">${JSON.stringify(value, null, 2)}</pre>`;
  }

  private choices(): TemplateResult {
    const { approval } = this;
    const show = () => post({ type: "showDiff", approvalId: approval.approvalId });
    const choose = () => post({ type: "chooseHunks", approvalId: approval.approvalId });
    const save = () => post({ type: "saveAndAccept", approvalId: approval.approvalId });
    const accepts = (option: DecisionOption) => option.scope === "once" || option.scope === "session";
    const options = this.unsaved ? approval.options.filter((option) => !accepts(option)) : approval.options;
    return html`${this.unsaved ? html`<div>${t("The file has unsaved edits.")}</div>` : nothing}
      <div class="actions">
        ${this.unsaved ? html`<vscode-button ?disabled=${this.deciding} @click=${save}>${t("Save and accept")}</vscode-button>` : nothing}
        ${options.map((option, index) => this.choice(option, index === 0 && !this.unsaved))}
        ${this.choosable ? html`<vscode-button secondary @click=${choose}>${t("Choose…")}</vscode-button>` : nothing}
        ${approval.kind === "fileChange" ? html`<vscode-button secondary @click=${show}>${t("Show diff")}</vscode-button>` : nothing}
      </div>`;
  }

  private choice(option: DecisionOption, primary: boolean): TemplateResult {
    // What reaches this far says so in full, over several lines if it must.
    if (option.scope === "always") {
      return html`<button class="plain option" ?disabled=${this.deciding} @click=${() => this.decide(option.decision)}>
        ${optionLabel(option)}
      </button>`;
    }
    return html`<vscode-button
      ?secondary=${!primary}
      ?disabled=${this.deciding}
      @click=${() => this.decide(option.decision)}
      >${optionLabel(option)}</vscode-button
    >`;
  }

  private questions(questions: Question[]): TemplateResult {
    const only = questions.length === 1;
    const answers = answersOf(questions, this.given);
    const typed = questions.some(({ isOther }) => isOther);
    return html`${questions.map((question) => this.question(question, only))}
      <div class="actions">
        ${
          !only || typed
            ? html`<vscode-button ?disabled=${answers === null || this.deciding} @click=${() => this.decide(answers)}
                >${t("Send answer")}</vscode-button
              >`
            : nothing
        }
        ${this.approval.options
          .filter(({ scope }) => scope === "no" || scope === "stop")
          .map((option) => this.choice(option, false))}
      </div>`;
  }

  private question(question: Question, only: boolean): TemplateResult {
    const give = (answer: string) => (this.given = { ...this.given, [question.id]: answer });
    const choose = (answer: string) => {
      give(answer);
      if (only) this.decide(answersOf([question], this.given));
    };
    const submit = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || event.isComposing || !only) return;
      const answers = answersOf([question], this.given);
      if (answers) this.decide(answers);
    };
    const given = this.given[question.id] ?? "";
    const isOption = question.options.some(({ label }) => label === given);
    return html`<fieldset class="question" ?disabled=${this.deciding}>
      <legend>${question.question}</legend>
      ${question.options.map(
        ({ label, description }) =>
          html`<button class="plain option" aria-pressed=${given === label} @click=${() => choose(label)}>
            ${label}${description ? html` <span class="dim">${description}</span>` : nothing}
          </button>`,
      )}
      ${
        question.isOther
          ? html`<input
              class="field"
              type=${question.isSecret ? "password" : "text"}
              aria-label=${question.options.length > 0 ? t("Another answer") : question.question}
              placeholder=${question.options.length > 0 ? t("Something else…") : t("Your answer")}
              .value=${isOption ? "" : given}
              @input=${(event: InputEvent) => give((event.target as HTMLInputElement).value)}
              @keydown=${submit}
            />`
          : nothing
      }
    </fieldset>`;
  }

  private decide(decision: unknown): void {
    if (this.deciding || decision === null) return;
    post({ type: "decide", approvalId: this.approval.approvalId, decision });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "outrigger-card": Card;
  }
}
