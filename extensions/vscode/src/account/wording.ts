// What is said of an account. No VS Code in it.

import type { Account, McpServer, RateLimits, RateLimitWindow } from "../door";
import { t } from "../l10n";
import type { AccountState } from "./account";

/** From here on the plan's use is worth a place in the status bar, in per cent. */
const NEARLY = 90;
const HOUR = 60;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

const PLANS: Record<string, string> = {
  free: "Free",
  go: "Go",
  plus: "Plus",
  pro: "Pro",
  prolite: "Pro Lite",
  promax: "Pro Max",
  team: "Team",
  business: "Business",
  enterprise: "Enterprise",
  edu: "Edu",
};

/** A plan by its name; one that we don't know, by the app-server's. */
export function planName(plan: string): string {
  return PLANS[plan] ?? plan.replaceAll("_", " ");
}

export function accountWords(account: Account | null, required: boolean): string {
  if (account === null) return required ? t("Not signed in") : t("Your own provider: no sign-in is needed");
  switch (account.type) {
    case "chatgpt":
      return t("{0}, ChatGPT {1}", account.email ?? t("Signed in"), planName(account.planType ?? ""));
    case "apiKey":
      return t("Signed in with an API key");
    case "amazonBedrock":
      return "Amazon Bedrock";
    default:
      return account.type;
  }
}

/** "Weekly", "5 hours" */
export function windowName(minutes: number | null | undefined): string {
  if (typeof minutes !== "number") return t("Limit");
  if (minutes >= WEEK && minutes % WEEK === 0) return minutes === WEEK ? t("Weekly") : t("{0} weeks", minutes / WEEK);
  if (minutes >= DAY && minutes % DAY === 0) return minutes === DAY ? t("Daily") : t("{0} days", minutes / DAY);
  if (minutes >= HOUR && minutes % HOUR === 0) return minutes === HOUR ? t("Hourly") : t("{0} hours", minutes / HOUR);
  return t("{0} minutes", minutes);
}

/** When a window begins anew; `resetsAt` in epoch seconds, `now` in epoch milliseconds. */
export function resetWords(resetsAt: number | null | undefined, now: number, locale?: string): string {
  if (typeof resetsAt !== "number") return "";
  const at = new Date(resetsAt * 1_000);
  const soon = at.getTime() - now < DAY * 60_000;
  const time = at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  const day = at.toLocaleDateString(locale, { weekday: "short", day: "numeric", month: "short" });
  return t("resets {0}", soon ? time : `${day}, ${time}`);
}

export type LimitRow = { name: string; used: number; reset: string };

/** The windows of the plan that are known. */
export function limitRows(limits: RateLimits | null, now: number, locale?: string): LimitRow[] {
  const windows = [limits?.primary, limits?.secondary].filter(
    (one): one is RateLimitWindow => one !== null && one !== undefined,
  );
  return windows.map(({ usedPercent, windowDurationMins, resetsAt }) => ({
    name: windowName(windowDurationMins),
    used: usedPercent,
    reset: resetWords(resetsAt, now, locale),
  }));
}

/** What the status bar says; null while there is nothing to do. */
export function statusWords(state: AccountState, now: number): { text: string; tooltip: string } | null {
  if (!state.known) return null;
  if (state.required && state.account === null) {
    return { text: `$(account) ${t("Sign in to Codex")}`, tooltip: t("Codex needs an account before it can work.") };
  }
  const rows = limitRows(state.limits, now);
  const full = rows.filter(({ used }) => used >= NEARLY).sort((one, other) => other.used - one.used);
  const [most] = full;
  if (!most) return null;
  const words = rows.map(({ name, used, reset }) => `${name}: ${t("{0} % used", used)}${reset ? `, ${reset}` : ""}`);
  return { text: `$(account) ${t("{0} % used", most.used)}`, tooltip: words.join("\n") };
}

/** How a tool server is, in words, and whether it wants a sign-in. */
export function serverWords({ authStatus, runtimeStatus, toolsError, tools }: McpServer): {
  text: string;
  signIn: boolean;
} {
  const signIn = authStatus === "notLoggedIn" || runtimeStatus === "authenticationRequired";
  if (signIn) return { text: t("wants a sign-in"), signIn };
  if (runtimeStatus === "disabled") return { text: t("disabled"), signIn };
  if (runtimeStatus === "failed" || typeof toolsError === "string") {
    return { text: typeof toolsError === "string" ? t("failed: {0}", toolsError) : t("failed"), signIn };
  }
  if (runtimeStatus === "starting") return { text: t("starting"), signIn };
  const count = Object.keys(tools).length;
  return { text: count === 1 ? t("1 tool") : t("{0} tools", count), signIn };
}
