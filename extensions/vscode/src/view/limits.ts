// How much of what the account allows is used, and whether Codex wants a login at all. No VS Code in it.

import { type Door, Listeners, type Unsubscribe } from "../door";

/** One limit of the account. `resets`: when it begins anew, in words. */
export type Limit = { name: string; percent: number; resets: string };

type Window = { usedPercent?: unknown; windowDurationMins?: unknown; resetsAt?: unknown };

export class Account {
  readonly onChange = new Listeners<void>();
  limits: Limit[] = [];
  /** Codex takes no message before a login. */
  signedOut = false;
  private readonly subscriptions: Unsubscribe[];

  constructor(private readonly door: Door) {
    this.subscriptions = [
      door.onNote("codex/account/updated", () => void this.load()),
      door.onNote("codex/account/login/completed", () => void this.load()),
      door.onNote("codex/account/rateLimits/updated", () => void this.loadLimits()),
    ];
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** Reads it anew, once the app-server is there. */
  async load(): Promise<void> {
    try {
      const { account, requiresOpenaiAuth } = await this.door.request("codex/account/read", {});
      this.set(this.limits, requiresOpenaiAuth && account === null);
      if (account === null) this.set([], this.signedOut);
      else await this.loadLimits();
    } catch {
      this.set([], false); // Nothing is known: nobody is nagged.
    }
  }

  private async loadLimits(): Promise<void> {
    try {
      const { rateLimits } = await this.door.request("codex/account/rateLimits/read", {});
      this.set(limitsOf(rateLimits), this.signedOut);
    } catch {
      this.set([], this.signedOut); // An API key has none.
    }
  }

  private set(limits: Limit[], signedOut: boolean): void {
    [this.limits, this.signedOut] = [limits, signedOut];
    this.onChange.fire();
  }
}

export function limitsOf(rateLimits: unknown): Limit[] {
  const { primary, secondary } = (rateLimits ?? {}) as { primary?: Window | null; secondary?: Window | null };
  return [primary, secondary].flatMap((window) => {
    if (!window || typeof window.usedPercent !== "number") return [];
    const minutes = typeof window.windowDurationMins === "number" ? window.windowDurationMins : null;
    const at = typeof window.resetsAt === "number" ? new Date(window.resetsAt * 1_000) : null;
    const when = at?.toLocaleString(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
    return [
      {
        name: windowName(minutes),
        percent: Math.round(window.usedPercent),
        resets: when === undefined ? "" : `Resets ${when}`,
      },
    ];
  });
}

/** A span of minutes as people call it: `5 h`, `Week`. */
export function windowName(minutes: number | null): string {
  if (minutes === null) return "Limit";
  if (minutes % 10_080 === 0) return minutes === 10_080 ? "Week" : `${minutes / 10_080} weeks`;
  if (minutes % 1_440 === 0) return minutes === 1_440 ? "Day" : `${minutes / 1_440} days`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}
