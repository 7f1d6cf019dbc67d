// The fields of a form: each with its label, its hint, and what is wrong with it beside it.

import { html, nothing, type TemplateResult } from "lit";
import type { FormFailure, FormValues } from "../automations/formMessages";
import { t } from "../l10n";

type Name = keyof FormValues;
export type Failures = (name: Name) => FormFailure | null;
/** A null id is the person's own. */
export type Option = { id: string | null; words: string };
type Extra = { hint?: string; placeholder?: string; long?: boolean; rule?: boolean; group?: boolean; wide?: boolean };

const valueOf = (event: Event) => (event.target as HTMLInputElement).value;

/** What describes a control, for those who don't see it. */
const describedBy = (name: Name, failure: FormFailure | null, hint?: string) =>
  [...(hint ? [`${name}-hint`] : []), ...(failure ? [`${name}-failure`] : [])].join(" ") || nothing;

export function field(
  name: Name,
  label: string,
  control: TemplateResult,
  failure: FormFailure | null,
  { hint, group = false, wide = false }: Extra = {},
): TemplateResult {
  const words = group
    ? html`<span class="label" id="${name}-label">${label}</span>`
    : html`<label for=${name}>${label}</label>`;
  return html`<div class="entry ${wide ? "wide" : ""}">
    ${words} ${control} ${hint ? html`<span class="dim" id="${name}-hint">${hint}</span>` : nothing}
    ${
      failure
        ? html`<p class="failure" id="${name}-failure" role="alert">
            ${[failure.message, failure.hint].filter(Boolean).join(" ")}
          </p>`
        : nothing
    }
  </div>`;
}

export function typed(
  name: Name,
  label: string,
  value: string,
  change: (value: string) => void,
  failures: Failures,
  extra: Extra = {},
): TemplateResult {
  const failure = failures(name);
  const described = describedBy(name, failure, extra.hint);
  const input = (event: Event) => change(valueOf(event));
  const control = extra.long
    ? html`<textarea
        id=${name}
        class=${extra.rule ? "rule" : ""}
        spellcheck=${extra.rule ? "false" : "true"}
        aria-invalid=${failure !== null}
        aria-describedby=${described}
        .value=${value}
        @input=${input}
      ></textarea>`
    : html`<input
        id=${name}
        type="text"
        placeholder=${extra.placeholder ?? ""}
        list=${name === "timezone" ? "zones" : nothing}
        aria-invalid=${failure !== null}
        aria-describedby=${described}
        .value=${value}
        @input=${input}
      />`;
  return field(name, label, control, failure, extra);
}

/** Minutes, or another number. What is none becomes what it was when the field is left. */
export function number(
  name: Name,
  label: string,
  value: number,
  least: number,
  most: number,
  change: (value: number) => void,
  failures: Failures,
): TemplateResult {
  const failure = failures(name);
  const input = (event: Event) => {
    const said = (event.target as HTMLInputElement).valueAsNumber;
    if (!Number.isNaN(said)) change(said);
  };
  const left = (event: Event) => {
    const box = event.target as HTMLInputElement;
    if (Number.isNaN(box.valueAsNumber)) box.value = String(value);
  };
  const control = html`<input
    id=${name}
    type="number"
    min=${least}
    max=${most}
    step="any"
    aria-invalid=${failure !== null}
    aria-describedby=${describedBy(name, failure)}
    .value=${String(value)}
    @input=${input}
    @change=${left}
  />`;
  return field(name, label, control, failure);
}

export function select(
  name: Name,
  label: string,
  value: string | null,
  options: Option[],
  change: (id: string | null) => void,
  failures: Failures,
): TemplateResult {
  const failure = failures(name);
  const chosen = (event: Event) => change(options[(event.target as HTMLSelectElement).selectedIndex]?.id ?? null);
  const control = html`<select
    id=${name}
    aria-invalid=${failure !== null}
    aria-describedby=${describedBy(name, failure)}
    @change=${chosen}
  >
    ${options.map(({ id, words }) => html`<option .selected=${id === value}>${words}</option>`)}
  </select>`;
  return field(name, label, control, failure);
}

/** Puts the person's own before what can be chosen, with what it comes to where that is known. */
export function byOwn(own: string | null, options: Option[]): Option[] {
  return [{ id: null, words: own === null ? t("Your own") : t("Your own ({0})", own) }, ...options];
}

export function choice(
  group: string,
  value: string,
  checked: boolean,
  label: string,
  detail: string,
  choose: () => void,
): TemplateResult {
  return html`<label class="choice">
    <input type="radio" name=${group} value=${value} .checked=${checked} @change=${choose} />
    <span>${label} <span class="dim">${detail}</span></span>
  </label>`;
}
