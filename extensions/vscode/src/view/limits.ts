// How much of what the account allows is used, as the composer says it. No VS Code in it.

import type { RateLimits } from "../door";
import { language, t } from "../l10n";

/** One limit of the account. `resets`: when it begins anew, in words. */
export type Limit = { name: string; percent: number; resets: string };

export function limitsOf(limits: RateLimits | null): Limit[] {
  return [limits?.primary, limits?.secondary].flatMap((window) => {
    if (!window) return [];
    const at = typeof window.resetsAt === "number" ? new Date(window.resetsAt * 1_000) : null;
    const when = at?.toLocaleString(language(), { weekday: "short", hour: "2-digit", minute: "2-digit" });
    return [
      {
        name: windowName(window.windowDurationMins ?? null),
        percent: Math.round(window.usedPercent),
        resets: when === undefined ? "" : t("Resets {0}", when),
      },
    ];
  });
}

/** A span of minutes as people call it: `5 h`, `Week`. */
export function windowName(minutes: number | null): string {
  if (minutes === null) return t("Limit");
  if (minutes % 10_080 === 0) return minutes === 10_080 ? t("Week") : t("{0} weeks", minutes / 10_080);
  if (minutes % 1_440 === 0) return minutes === 1_440 ? t("Day") : t("{0} days", minutes / 1_440);
  return minutes % 60 === 0 ? t("{0} h", minutes / 60) : t("{0} min", minutes);
}
