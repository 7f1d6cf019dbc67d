// Schedules that a form can show as fields, and every rule in words. A rule that is none of them stays as it was written.
// Used by the extension and by its form; no VS Code in it.

import { t } from "../l10n";

export const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Day = (typeof DAYS)[number];

export type Every = "minutes" | "hours" | "day" | "week" | "month" | "rule";

/** A rule as fields. `hour` and `minute` are by the clock of the automation's zone. */
export type Plan = {
  every: Every;
  interval: number;
  days: Day[];
  hour: number;
  minute: number;
  /** The day of the month, 1 to 31. */
  monthDay: number;
  /** The rule itself, where it is none of the others. */
  rule: string;
};

export const WORKDAYS: Day[] = ["MO", "TU", "WE", "TH", "FR"];

export const FIRST_PLAN: Plan = {
  every: "week",
  interval: 1,
  days: WORKDAYS,
  hour: 9,
  minute: 0,
  monthDay: 1,
  rule: "",
};

export function ruleOf(plan: Plan): string {
  const at = `BYHOUR=${plan.hour};BYMINUTE=${plan.minute}`;
  switch (plan.every) {
    case "minutes":
      return `FREQ=MINUTELY;INTERVAL=${plan.interval}`;
    case "hours":
      return `FREQ=HOURLY;INTERVAL=${plan.interval}`;
    case "day":
      return `FREQ=DAILY;${at}`;
    case "week":
      return `FREQ=WEEKLY;BYDAY=${DAYS.filter((day) => plan.days.includes(day)).join(",")};${at}`;
    case "month":
      return `FREQ=MONTHLY;BYMONTHDAY=${plan.monthDay};${at}`;
    default:
      return plan.rule;
  }
}

/** The fields of a rule. Those that it does not have stay as in `before`, so that going back and forth loses nothing. */
export function planOf(rule: string, before: Plan = FIRST_PLAN): Plan {
  const own: Plan = { ...before, every: "rule", rule };
  const parts = partsOf(rule);
  if (!parts) return own;
  const { FREQ: freq, INTERVAL: interval = "1", BYDAY: byDay, BYMONTHDAY: byMonthDay, ...time } = parts;
  const { BYHOUR: hour, BYMINUTE: minute, ...rest } = time;
  const every = number(interval, 1, 10_000);
  if (Object.keys(rest).length > 0 || every === null) return own;
  if (freq === "MINUTELY" || freq === "HOURLY") {
    if ([byDay, byMonthDay, hour, minute].some((part) => part !== undefined)) return own;
    // Codex's own forms for a day and a month; what they mean is said by the preview.
    if (freq === "HOURLY" && (every === 24 || every === 720)) return own;
    return { ...own, every: freq === "HOURLY" ? "hours" : "minutes", interval: every };
  }
  const [atHour, atMinute] = [number(hour, 0, 23), number(minute, 0, 59)];
  if (atHour === null || atMinute === null || every !== 1) return own;
  const at = { ...own, hour: atHour, minute: atMinute };
  if (freq === "DAILY" && byDay === undefined && byMonthDay === undefined) return { ...at, every: "day" };
  if (freq === "WEEKLY" && byMonthDay === undefined) {
    const days = (byDay ?? "").split(",");
    const known = DAYS.filter((day) => days.includes(day));
    if (known.length !== days.length) return own;
    return known.length === DAYS.length ? { ...at, every: "day" } : { ...at, every: "week", days: known };
  }
  const monthDay = number(byMonthDay, 1, 31);
  return freq === "MONTHLY" && byDay === undefined && monthDay !== null ? { ...at, every: "month", monthDay } : own;
}

function partsOf(rule: string): Record<string, string> | null {
  const parts: Record<string, string> = {};
  const text = rule
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, "");
  if (text === "") return null;
  for (const part of text.split(";")) {
    const [name, value, more] = part.split("=");
    if (!name || value === undefined || more !== undefined || name in parts) return null;
    parts[name] = value;
  }
  return parts;
}

function number(text: string | undefined, least: number, most: number): number | null {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

/** "Weekdays at 09:30". What no form can show is the rule itself. */
export function scheduleWords(rule: string, language?: string): string {
  const plan = planOf(rule);
  const at = timeWords(plan, language);
  switch (plan.every) {
    case "minutes":
      return plan.interval === 1 ? t("Every minute") : t("Every {0} minutes", plan.interval);
    case "hours":
      return plan.interval === 1 ? t("Every hour") : t("Every {0} hours", plan.interval);
    case "day":
      return t("Every day at {0}", at);
    case "week":
      if (plan.days.join() === WORKDAYS.join()) return t("Weekdays at {0}", at);
      return t("{0} at {1}", plan.days.map((day) => dayName(day, "short", language)).join(", "), at);
    case "month":
      return t("On day {0} of the month at {1}", plan.monthDay, at);
    default:
      return rule.trim().replace(/\s*\n\s*/g, " ");
  }
}

function timeWords({ hour, minute }: Plan, language?: string): string {
  return new Date(2026, 0, 1, hour, minute).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}

/** A day by its name in the person's language. */
export function dayName(day: Day, width: "short" | "long", language?: string): string {
  const monday = Date.UTC(2026, 0, 5);
  const at = new Date(monday + DAYS.indexOf(day) * 24 * 3_600_000);
  return at.toLocaleDateString(language, { weekday: width, timeZone: "UTC" });
}

/** A moment by the clock of a zone: "Mon, Nov 23, 09:30 AM". `long` has the year and the offset too. */
export function momentWords(at: number, zone: string | undefined, language?: string, long = false): string {
  const options: Intl.DateTimeFormatOptions = {
    ...{ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    ...(long ? { year: "numeric", timeZoneName: "short" } : {}),
    ...(zone === undefined ? {} : { timeZone: zone }),
  };
  try {
    return new Date(at).toLocaleString(language, options);
  } catch {
    // A zone that this program does not know, as one that is newer.
    return momentWords(at, "UTC", language, true);
  }
}

const WEEK_MS = 6 * 24 * 3_600_000;

/** The same for what is near: "Mon, 09:30 AM" within the week. */
export function soonWords(at: number, now: number, zone: string | undefined, language?: string): string {
  if (at < now || at - now > WEEK_MS) return momentWords(at, zone, language);
  try {
    const options = { weekday: "short", hour: "2-digit", minute: "2-digit" } as const;
    return new Date(at).toLocaleString(language, { ...options, ...(zone === undefined ? {} : { timeZone: zone }) });
  } catch {
    return momentWords(at, zone, language);
  }
}

/** A zone by its city: "Berlin" of `Europe/Berlin`. */
export function zoneWords(zone: string): string {
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}
