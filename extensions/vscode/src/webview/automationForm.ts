// The form of an automation: what it does, when, where, and what it may, with what comes of that said beside it.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { FormFailure, FormPage, FormPreview, FormValues, ToForm } from "../automations/formMessages";
import { permitted, POLICIES, policyWords, SANDBOXES, sandboxWords } from "../automations/permitted";
import { planOf } from "../automations/schedule";
import { t, useBundle } from "../l10n";
import { onMessage, post, written } from "./automationHost";
import { automationStyles } from "./automationStyles";
import { byOwn, choice, field, number, type Option, select, typed } from "./fields";
import { previewBox, scheduleFields } from "./scheduleFields";
import { base } from "./styles";

type Asked = { request: number; rrule: string; timezone: string };

@customElement("outrigger-automation")
export class AutomationFormView extends LitElement {
  @state() private page: FormPage | null = null;
  @state() private values: FormValues | null = null;
  @state() private preview: FormPreview | null = null;
  @state() private previewFailure: FormFailure | null = null;
  /** The rule is shown as it is written, though fields could show it. */
  @state() private asRule = false;
  private language = "en";
  /** The last question about what comes next. One waits for its answer at a time, so that typing asks no more often than answers come. */
  private asked: Asked = { request: 0, rrule: "", timezone: "" };
  private waits = false;

  static override styles = [base, automationStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    this.toggleAttribute("dark", /vscode-dark|vscode-high-contrast(?!-light)/.test(document.body.className));
    onMessage((message) => this.take(message));
    post({ type: "ready" });
  }

  private take(message: ToForm): void {
    switch (message.type) {
      case "language":
        useBundle(message.texts, message.language);
        this.language = message.language;
        document.documentElement.lang = message.language;
        break;
      case "values": {
        const values = written.get() ?? message.values;
        this.write(values.timezone ? values : { ...values, timezone: ownZone() });
        break;
      }
      case "page": {
        const refused = message.page.failure !== null && this.page?.failure !== message.page.failure;
        this.page = message.page;
        if (refused) void this.updateComplete.then(() => this.showFailure());
        break;
      }
      case "preview":
        this.previewed(message.request, message.preview, message.failure);
        break;
      case "folder":
        this.addFolder(message.folder);
    }
  }

  private addFolder(folder: FormValues["cwds"][number]): void {
    const { cwds } = this.values ?? { cwds: [] };
    if (!cwds.some(({ uri }) => uri === folder.uri)) this.set({ cwds: [...cwds, folder] });
  }

  private set(part: Partial<FormValues>): void {
    if (this.values) this.write({ ...this.values, ...part });
  }

  private write(values: FormValues): void {
    this.values = values;
    written.set(values);
    this.ask();
  }

  private ask(): void {
    const { rrule = "", timezone = "" } = this.values ?? {};
    if (this.waits || (rrule === this.asked.rrule && timezone === this.asked.timezone)) return;
    this.asked = { request: this.asked.request + 1, rrule, timezone };
    this.waits = true;
    post({ type: "preview", ...this.asked });
  }

  private previewed(request: number, preview: FormPreview | null, failure: FormFailure | null): void {
    if (request !== this.asked.request) return;
    this.waits = false;
    // What was right stays in sight, as old, while it is typed on.
    if (preview) this.preview = preview;
    this.previewFailure = failure;
    this.ask();
    this.requestUpdate();
  }

  /** Brings what is to blame before the eyes of the person. */
  private showFailure(): void {
    const name = this.page?.failure?.field;
    const control = name ? this.renderRoot.querySelector<HTMLElement>(`#${name}`) : null;
    control?.closest("details")?.setAttribute("open", "");
    (control ?? this.renderRoot.querySelector<HTMLElement>("footer [role=alert]"))?.scrollIntoView({ block: "center" });
    control?.focus();
  }

  /** What is wrong with a field: by the last answer to a save, else by the preview. */
  private failureOf(name: keyof FormValues): FormFailure | null {
    const said = [this.previewFailure, this.page?.failure ?? null];
    return said.find((failure) => failure?.field === name) ?? null;
  }

  override render(): TemplateResult {
    const { page, values } = this;
    if (!page || !values) return html`<main aria-busy="true"><h1>${t("Loading…")}</h1></main>`;
    const failures = (name: keyof FormValues) => this.failureOf(name);
    const set = (part: Partial<FormValues>) => this.set(part);
    const plan = planOf(values.rrule);
    return html`<main>
      <h1>${page.id === null ? t("New automation") : t("Edit automation")}</h1>
      ${typed("name", t("Name"), values.name, (name) => this.set({ name }), failures)}
      ${typed("prompt", t("Prompt"), values.prompt, (prompt) => this.set({ prompt }), failures, {
        long: true,
        hint: t("What Codex is told on each run."),
      })}
      <fieldset>
        <legend>${t("When")}</legend>
        ${scheduleFields(values, this.asRule && plan.every !== "rule" ? { ...plan, every: "rule" } : plan, {
          ...{ set, failures, language: this.language },
          asRule: (on) => (this.asRule = on),
        })}
        ${previewBox(this.preview, this.previewFailure !== null, this.waits, values, this.language)}
      </fieldset>
      ${this.where(values, page, failures)} ${this.codex(values, page, failures)} ${this.limits(values, failures)}
      ${this.statement(values, page)} ${this.atLogin(page)}
      <footer>
        <vscode-button ?disabled=${page.saving} @click=${() => this.save()}
          >${page.id === null ? t("Create") : t("Save")}</vscode-button
        >
        <vscode-button secondary @click=${() => post({ type: "cancel" })}>${t("Cancel")}</vscode-button>
        ${
          page.id === null
            ? nothing
            : html`<button class="plain link" @click=${() => post({ type: "openFile" })}>automation.toml</button>`
        }
        ${this.wholeFailure(page)}
      </footer>
    </main>`;
  }

  private save(): void {
    if (this.values) post({ type: "save", values: this.values });
  }

  private wholeFailure({ failure }: FormPage): TemplateResult | typeof nothing {
    if (!failure) return nothing;
    const text =
      failure.field === null ? [failure.message, failure.hint].filter(Boolean).join(" ") : t("Not saved: look above.");
    return html`<p class="failure" role="alert">${text}</p>`;
  }

  private where(
    values: FormValues,
    page: FormPage,
    failures: (name: keyof FormValues) => FormFailure | null,
  ): TemplateResult | typeof nothing {
    if (page.heartbeat) return nothing;
    const { cwds, executionEnvironment, branch } = values;
    const others = page.folders.filter(({ uri }) => !cwds.some((folder) => folder.uri === uri));
    const remove = (gone: string) => this.set({ cwds: cwds.filter(({ uri }) => uri !== gone) });
    const place = (value: FormValues["executionEnvironment"], label: string, detail: string) =>
      choice("executionEnvironment", value, executionEnvironment === value, label, detail, () =>
        this.set({ executionEnvironment: value }),
      );
    const list = html`<ul class="folders" id="cwds" tabindex="-1" aria-labelledby="cwds-label">
        ${cwds.map(
          ({ uri, path }, at) =>
            html`<li>
              <span class="clip" title=${path}>${path}</span>
              ${cwds.length > 1 && at === 0 ? html`<span class="dim">${t("runs here")}</span>` : nothing}
              <button
                class="plain icon"
                title=${t("Remove")}
                aria-label=${t("Remove {0}", path)}
                @click=${() => remove(uri)}
              >
                <vscode-icon name="close"></vscode-icon>
              </button>
            </li>`,
        )}
      </ul>
      <div class="actions">
        ${others.map(
          (folder) =>
            html`<vscode-button secondary icon="add" @click=${() => this.addFolder(folder)}
              >${folder.path}</vscode-button
            >`,
        )}
        <vscode-button secondary icon="folder" @click=${() => post({ type: "chooseFolder" })}
          >${t("Choose a folder…")}</vscode-button
        >
      </div>`;
    return html`<fieldset>
      <legend>${t("Where")}</legend>
      ${field("cwds", t("Folders"), list, failures("cwds"), {
        group: true,
        hint: t("They are granted with the automation, and can be taken out of the grants."),
      })}
      <div class="entry" role="radiogroup" aria-label=${t("Where it runs")}>
        ${place("worktree", t("In a new worktree"), t("For each run, kept until you accept or archive it."))}
        ${place("local", t("In the folder itself"), t("Also where the folder is in no git repository."))}
      </div>
      ${
        executionEnvironment === "worktree"
          ? typed("branch", t("Branch"), branch, (said) => this.set({ branch: said }), failures, {
              placeholder: "HEAD",
              hint: t("Where the worktree begins."),
            })
          : nothing
      }
    </fieldset>`;
  }

  private codex(
    values: FormValues,
    page: FormPage,
    failures: (name: keyof FormValues) => FormFailure | null,
  ): TemplateResult {
    const { own, models } = page;
    const { model, reasoningEffort, approvalPolicy, sandbox } = values;
    const nameOf = (id: string) => models.find((known) => known.model === id)?.name ?? id;
    const chosen = models.find((known) => known.model === (model ?? own.model));
    const efforts = chosen?.efforts ?? [...new Set(models.flatMap((known) => known.efforts))];
    const named = (ids: string[], words: (id: string) => string): Option[] =>
      ids.map((id) => ({ id, words: words(id) }));
    const kept = (ids: string[], id: string | null) => (id === null || ids.includes(id) ? ids : [...ids, id]);
    // A policy by kinds was written by hand: it stays, and can be given up.
    const policy = approvalPolicy === null || typeof approvalPolicy === "string" ? approvalPolicy : "as-written";
    const policies = named(kept(POLICIES, policy), (id) =>
      id === "as-written" ? t("As written in its file") : policyWords(id),
    );
    const setPolicy = (id: string | null) => id !== "as-written" && this.set({ approvalPolicy: id });
    return html`<fieldset>
      <legend>Codex</legend>
      <div class="entries">
        ${select(
          "model",
          t("Model"),
          model,
          byOwn(
            own.model === null ? null : nameOf(own.model),
            named(
              kept(
                models.map((one) => one.model),
                model,
              ),
              nameOf,
            ),
          ),
          (id) => this.set({ model: id }),
          failures,
        )}
        ${select(
          "reasoningEffort",
          t("Effort"),
          reasoningEffort,
          byOwn(
            own.effort,
            named(kept(efforts, reasoningEffort), (id) => id),
          ),
          (id) => this.set({ reasoningEffort: id }),
          failures,
        )}
        ${select("approvalPolicy", t("Approvals"), policy, byOwn(own.approvalPolicy === null ? null : policyWords(own.approvalPolicy), policies), setPolicy, failures)}
        ${select("sandbox", t("Sandbox"), sandbox, byOwn(own.sandbox === null ? null : sandboxWords(own.sandbox), named(kept(SANDBOXES, sandbox), sandboxWords)), (id) => this.set({ sandbox: id }), failures)}
      </div>
    </fieldset>`;
  }

  private limits(values: FormValues, failures: (name: keyof FormValues) => FormFailure | null): TemplateResult {
    const { missed, overlap } = values;
    return html`<details>
      <summary>${t("Limits, missed and overlapping runs")}</summary>
      <div class="entries">
        ${number("maxRunMinutes", t("Stopped after (minutes)"), values.maxRunMinutes, 0.1, 180, (maxRunMinutes) => this.set({ maxRunMinutes }), failures)}
        ${number("approvalTimeoutMinutes", t("Waits for an approval (minutes)"), values.approvalTimeoutMinutes, 0.1, 10_080, (approvalTimeoutMinutes) => this.set({ approvalTimeoutMinutes }), failures)}
      </div>
      <div class="entries">
        ${select(
          "missed",
          t("When it was missed, as in sleep"),
          missed,
          [
            { id: "catchUpOnce", words: t("Make up for it once") },
            { id: "skip", words: t("Leave it out") },
          ],
          (id) => this.set({ missed: id === "skip" ? "skip" : "catchUpOnce" }),
          failures,
        )}
        ${missed === "skip" ? nothing : number("deadlineMinutes", t("If no longer ago than (minutes)"), values.deadlineMinutes, 0, 527_040, (deadlineMinutes) => this.set({ deadlineMinutes }), failures)}
        ${select(
          "overlap",
          t("When the run before still goes on"),
          overlap,
          [
            { id: "skip", words: t("Leave it out") },
            { id: "queue", words: t("Let one wait") },
          ],
          (id) => this.set({ overlap: id === "queue" ? "queue" : "skip" }),
          failures,
        )}
      </div>
    </details>`;
  }

  private statement(values: FormValues, page: FormPage): TemplateResult {
    const { sentences, denied } = permitted(values, page);
    return html`<section class="note ${denied ? "denied" : ""}" aria-live="polite">
      <h2>${t("What a run may do while nobody watches")}</h2>
      <ul>
        ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
      </ul>
      ${
        denied
          ? html`<p class="failure">
              ${t("Full access without approvals is refused: choose a sandbox, or let Codex ask.")}
            </p>`
          : nothing
      }
    </section>`;
  }

  private atLogin({ atLogin, atLoginFailure }: FormPage): TemplateResult | typeof nothing {
    if (atLogin === "yes") return nothing;
    const install = () => post({ type: "installAtLogin" });
    return html`<section class="note">
      <h2>${t("Runs only while an editor has been open since you logged in")}</h2>
      ${
        atLogin === "unknown"
          ? nothing
          : html`<span
                >${t("Outrigger can start with your login instead, by the system's own means and without an administrator.")}</span
              >
              <div class="row">
                <vscode-button secondary ?disabled=${atLogin === "installing"} @click=${install}
                  >${t("Start at Login")}</vscode-button
                >
                <code class="dim">outrigger daemon install</code>
              </div>`
      }
      ${atLoginFailure === null ? nothing : html`<p class="failure" role="alert">${atLoginFailure}</p>`}
    </section>`;
  }
}

/** The zone of the clock that the person sees: of the computer that draws this, not of the one that runs it. */
function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
