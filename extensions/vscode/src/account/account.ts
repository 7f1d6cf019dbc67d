// Who is signed in to Codex, and how much of the plan is used. The app-server is the truth, for every window; this is the
// copy that is drawn. No VS Code in it.

import {
  type Account as SignedIn,
  type Door,
  Listeners,
  type LoginStarted,
  type RateLimits,
  type RateLimitWindow,
  refusalOf,
  type Unsubscribe,
} from "../door";

/** A sign-in that is on its way: in a browser here, or by a code in any browser. */
export type Login = { loginId: string; url: string; code: string | null };

/** `known` is false until the app-server has said. `required`: its provider wants an account of OpenAI. */
export type AccountState = {
  known: boolean;
  required: boolean;
  account: SignedIn | null;
  limits: RateLimits | null;
};

/** How a sign-in ended. */
export type LoginEnd = { success: boolean; error: string | null };

const UNKNOWN: AccountState = { known: false, required: false, account: null, limits: null };

export class Account {
  readonly onChange = new Listeners<AccountState>();
  private current: AccountState = UNKNOWN;
  private ready = false;
  /** Goes up with every reading: what an older one brings back is dropped. */
  private reading = 0;
  /** Sign-ins that somebody waits for, by their id; those that ended before anybody waited. */
  private readonly waiting = new Map<string, (end: LoginEnd) => void>();
  private readonly ended = new Map<string, LoginEnd>();
  private subscriptions: Unsubscribe[] = [];

  constructor(private readonly door: Door) {}

  get state(): AccountState {
    return this.current;
  }

  /** Nothing can be sent before somebody signs in. Not so with a provider of one's own. */
  get needed(): boolean {
    const { known, required, account } = this.current;
    return known && required && account === null;
  }

  connect(): void {
    const { door } = this;
    this.subscriptions = [
      door.onNote("outrigger/appServer/status", ({ state }) => this.appServer(state === "ready")),
      door.onNote("codex/account/updated", () => void this.read()),
      door.onNote("codex/account/rateLimits/updated", ({ rateLimits }) => this.learn(rateLimits)),
      door.onNote("codex/account/login/completed", ({ loginId, success, error }) => {
        if (typeof loginId === "string") this.end(loginId, { success, error: error ?? null });
        void this.read();
      }),
      door.onState(() => this.follow()),
    ];
    this.follow();
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  async read(): Promise<void> {
    const token = ++this.reading;
    try {
      const { account, requiresOpenaiAuth: required } = await this.door.request("codex/account/read", {});
      if (token !== this.reading) return;
      this.set({ known: true, required, account: account ?? null });
      if (account?.type === "chatgpt") await this.readLimits(token);
      else this.set({ limits: null });
    } catch {
      // The app-server is away: its next `ready` asks again.
    }
  }

  /** Begins a sign-in in a browser. Rejects with what the app-server says. */
  async begin(by: "chatgpt" | "chatgptDeviceCode"): Promise<Login> {
    const started: LoginStarted = await this.door.request("codex/account/login/start", { type: by });
    if (started.type === "chatgpt") return { loginId: started.loginId, url: started.authUrl, code: null };
    if (started.type !== "chatgptDeviceCode") throw new Error("The app-server began another sign-in than asked for.");
    return { loginId: started.loginId, url: started.verificationUrl, code: started.userCode };
  }

  /** Signs in with a key. It goes to the app-server and nowhere else. */
  async useKey(apiKey: string): Promise<void> {
    await this.door.request("codex/account/login/start", { type: "apiKey", apiKey });
    await this.read();
  }

  /** Waits until a sign-in has ended, here or in another window. */
  wait({ loginId }: Login): Promise<LoginEnd> {
    const end = this.ended.get(loginId);
    if (end) {
      this.ended.delete(loginId);
      return Promise.resolve(end);
    }
    return new Promise((resolve) => this.waiting.set(loginId, resolve));
  }

  /** Gives a sign-in up. */
  async cancel({ loginId }: Login): Promise<void> {
    this.end(loginId, { success: false, error: null });
    await this.door.request("codex/account/login/cancel", { loginId }).catch((error: unknown) => refusalOf(error));
  }

  async signOut(): Promise<void> {
    await this.door.request("codex/account/logout", {});
    await this.read();
  }

  private follow(): void {
    if (this.door.state.state !== "running") {
      this.appServer(false);
      return;
    }
    const asked = this.door.request("outrigger/appServer/status", {});
    asked.then(({ state }) => this.appServer(state === "ready")).catch(() => undefined);
  }

  private appServer(ready: boolean): void {
    const came = ready && !this.ready;
    this.ready = ready;
    if (came) void this.read();
    if (ready) return;
    // What a dead app-server waited for never comes.
    for (const loginId of [...this.waiting.keys()]) this.end(loginId, { success: false, error: null });
  }

  private async readLimits(token: number): Promise<void> {
    const { rateLimits } = await this.door.request("codex/account/rateLimits/read", {});
    if (token === this.reading) this.set({ limits: rateLimits });
  }

  /** What is told in between is only what is new, and may be of another meter than the one that is shown. */
  private learn(told: RateLimits): void {
    const known = this.current.limits ?? {};
    if (told.limitId && known.limitId && told.limitId !== known.limitId) return;
    const limits = { ...known, ...said(told) };
    if (told.primary) limits.primary = window(known.primary, told.primary);
    if (told.secondary) limits.secondary = window(known.secondary, told.secondary);
    this.set({ limits });
  }

  private end(loginId: string, end: LoginEnd): void {
    const waiting = this.waiting.get(loginId);
    this.waiting.delete(loginId);
    if (waiting) waiting(end);
    else this.ended.set(loginId, end);
    const [oldest] = this.ended.keys();
    if (this.ended.size > 10 && oldest !== undefined) this.ended.delete(oldest);
  }

  private set(part: Partial<AccountState>): void {
    this.current = { ...this.current, ...part };
    this.onChange.fire(this.current);
  }
}

function window(known: RateLimitWindow | null | undefined, told: RateLimitWindow): RateLimitWindow {
  return { ...known, ...said(told), usedPercent: told.usedPercent };
}

/** The fields that have a value. */
function said<T extends object>(part: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(part).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<T>;
}
