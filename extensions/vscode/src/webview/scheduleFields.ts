// When an automation runs: as fields where they can show it, else as the rule itself, and what comes next by it.

import { html, nothing, type TemplateResult } from "lit";
import type { FormPreview, FormValues } from "../automations/formMessages";
import { type Day, dayName, DAYS, type Every, momentWords, type Plan, planOf, ruleOf } from "../automations/schedule";
import { t } from "../l10n";
import { type Failures, typed } from "./fields";

type Around = {
  set: (part: Partial<FormValues>) => void;
  failures: Failures;
  language: string;
  /** Shows the rule as it is written, or as fields again. */
  asRule: (on: boolean) => void;
};

const EVERY: Every[] = ["day", "week", "month", "hours", "minutes", "rule"];

function everyWords(every: Every): string {
  switch (every) {
    case "day":
      return t("Every day");
    case "week":
      return t("On days of the week");
    case "month":
      return t("Every month");
    case "hours":
      return t("Every few hours");
    case "minutes":
      return t("Every few minutes");
    default:
      return t("By a rule (RFC 5545)");
  }
}

export function scheduleFields({ rrule, timezone }: FormValues, plan: Plan, around: Around): TemplateResult {
  const { set, failures } = around;
  const change = (part: Partial<Plan>) => set({ rrule: ruleOf({ ...plan, ...part }) });
  const choose = (event: Event) => {
    const every = EVERY[(event.target as HTMLSelectElement).selectedIndex] ?? "rule";
    around.asRule(every === "rule");
    // Fields take over what they can of a rule; to see the rule changes nothing.
    if (every !== "rule") change({ ...(plan.every === "rule" ? planOf(rrule) : {}), every });
  };
  return html`<div class="entries">
      <div class="entry">
        <label for="every">${t("How often")}</label>
        <select id="every" @change=${choose}>
          ${EVERY.map((every) => html`<option .selected=${every === plan.every}>${everyWords(every)}</option>`)}
        </select>
      </div>
      ${interval(plan, change)} ${monthDay(plan, change)} ${time(plan, change)}
      ${typed("timezone", t("Time zone"), timezone, (zone) => set({ timezone: zone.trim() }), failures)}
      <datalist id="zones">${zones().map((zone) => html`<option value=${zone}></option>`)}</datalist>
    </div>
    ${plan.every === "week" ? days(plan, change, around.language) : nothing}
    ${
      plan.every === "rule"
        ? typed("rrule", t("Rule"), rrule, (rule) => set({ rrule: rule }), failures, {
            ...{ long: true, rule: true },
            hint: t("As in FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0"),
          })
        : nothing
    }`;
}

type Change = (part: Partial<Plan>) => void;

function numeric(
  id: string,
  label: string,
  value: number,
  most: number,
  change: (value: number) => void,
): TemplateResult {
  const input = (event: Event) => {
    const said = (event.target as HTMLInputElement).valueAsNumber;
    if (Number.isInteger(said) && said >= 1 && said <= most) change(said);
  };
  const left = (event: Event) => ((event.target as HTMLInputElement).value = String(value));
  return html`<div class="entry">
    <label for=${id}>${label}</label>
    <input id=${id} type="number" min="1" max=${most} .value=${String(value)} @input=${input} @change=${left} />
  </div>`;
}

function interval({ every, interval: value }: Plan, change: Change): TemplateResult | typeof nothing {
  if (every !== "hours" && every !== "minutes") return nothing;
  const label = every === "hours" ? t("Hours between runs") : t("Minutes between runs");
  return numeric("interval", label, value, 10_000, (said) => change({ interval: said }));
}

function monthDay({ every, monthDay: value }: Plan, change: Change): TemplateResult | typeof nothing {
  return every === "month"
    ? numeric("monthDay", t("Day of the month"), value, 31, (said) => change({ monthDay: said }))
    : nothing;
}

function time({ every, hour, minute }: Plan, change: Change): TemplateResult | typeof nothing {
  if (every !== "day" && every !== "week" && every !== "month") return nothing;
  const two = (part: number) => String(part).padStart(2, "0");
  const input = (event: Event) => {
    const [hours, minutes] = (event.target as HTMLInputElement).value.split(":").map(Number);
    if (hours !== undefined && minutes !== undefined) change({ hour: hours, minute: minutes });
  };
  return html`<div class="entry">
    <label for="time">${t("Time")}</label>
    <input id="time" type="time" .value=${`${two(hour)}:${two(minute)}`} @input=${input} />
  </div>`;
}

function days({ days: chosen }: Plan, change: Change, language: string): TemplateResult {
  const toggle = (day: Day, on: boolean) => {
    const next = DAYS.filter((one) => (one === day ? on : chosen.includes(one)));
    // All seven days are "every day", and none is no rule: the last one stays.
    if (next.length > 0) change({ days: next });
  };
  return html`<div class="entry">
    <div class="days" role="group" aria-label=${t("Days")}>
      ${DAYS.map(
        (day) =>
          html`<label>
            <input
              type="checkbox"
              .checked=${chosen.includes(day)}
              ?disabled=${chosen.length === 1 && chosen[0] === day}
              @change=${(event: Event) => toggle(day, (event.target as HTMLInputElement).checked)}
            />${dayName(day, "short", language)}
          </label>`,
      )}
    </div>
  </div>`;
}

let known: string[] | undefined;

function zones(): string[] {
  return (known ??= ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")]);
}

/** The next occurrences, or that there are none. What was right stays in sight, as old, while the rule is typed on. */
export function previewBox(
  preview: FormPreview | null,
  wrong: boolean,
  waits: boolean,
  { rrule, timezone }: FormValues,
  language: string,
): TemplateResult {
  if (!preview)
    return html`<div class="preview" aria-busy=${waits}>${wrong ? t("Nothing is due by this.") : t("Looking…")}</div>`;
  const { occurrences, canonicalRule, timezone: zone } = preview;
  const old = wrong || zone !== timezone;
  return html`<div class="preview ${old ? "old" : ""}" aria-live="polite" aria-busy=${waits}>
    <span>${old ? t("Next as it was, in {0}:", zone) : t("Next, in {0}:", zone)}</span>
    <ol>
      ${occurrences.map((at) => html`<li>${momentWords(at, zone, language, true)}</li>`)}
    </ol>
    ${occurrences.length === 0 ? html`<span>${t("It never comes again.")}</span>` : nothing}
    ${
      canonicalRule === rrule.trim()
        ? html`<code class="dim">${rrule}</code>`
        : html`<span class="dim">${t("Understood as")} <code>${canonicalRule}</code></span>`
    }
  </div>`;
}
