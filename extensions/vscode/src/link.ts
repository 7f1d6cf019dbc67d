// Owner of the sidecar and of the client that speaks with it. Every message to the sidecar goes through `request` and `notify` here.

import * as vscode from "vscode";
import {
  type Calls,
  CODEX_NOTES,
  type Door,
  type Hello,
  type LinkState,
  Listeners,
  type Notes,
  refusalOf,
  type Unsubscribe,
} from "./door";
import { t } from "./l10n";
import { Client } from "./lsp/client";
import type { ClientNotifications, Notifications } from "./protocol.generated";
import { RestartBudget } from "./restartBudget";
import * as settings from "./settings";
import { refusalOfSidecar, type Said } from "./sidecarVersion";
import { runSidecar, Sidecar } from "./sidecar";
import { Watchdog } from "./watchdog";

/** The notes that this extension draws from. */
const EVENTS = [
  "approval",
  "thread",
  "appServer",
  "diagnostic",
  "atom",
  "hunk",
  "terminal",
  "automation",
  "inbox",
  ...CODEX_NOTES,
];

const LOG_HINT = t("The log says more.");
/** A sidecar that has not answered `initialize` after this long, in milliseconds, does not count as one. */
const START_MS = 30_000;
/** A sidecar that dies is started again this often within this many milliseconds; then a person is asked. */
const [RESTARTS, WINDOW_MS] = [4, 3 * 60_000];

type Start = { again: boolean; recovered: boolean; stuck?: boolean };

export class Link implements Door, vscode.Disposable {
  private client: Client | null = null;
  private sidecar: Sidecar | null = null;
  /** Goes up with every start and every end: what an older start brings is dropped. */
  private starts = 0;
  private current: LinkState = { state: "off" };
  private readonly states = new Listeners<LinkState>();
  private readonly notes = new Map<string, Listeners<unknown>>();
  private readonly budget = new RestartBudget(RESTARTS, WINDOW_MS);
  private readonly watchdog = new Watchdog({
    ask: () => this.request("outrigger/ping", {}),
    dead: () => this.lost(t("It stopped answering."), "daemon"),
  });
  /** The last step of starting or stopping; the next waits for it. */
  private step: Promise<void> = Promise.resolve();

  constructor(
    private readonly extension: vscode.Uri,
    /** The extension's own. */
    private readonly version: string,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get state(): LinkState {
    return this.current;
  }

  /** Null while no sidecar runs. */
  get hello(): Hello | null {
    if (this.current.state !== "running") return null;
    const experimental = this.client?.initialized.capabilities.experimental as { outrigger?: Hello } | undefined;
    const said = experimental?.outrigger;
    if (!said) return null;
    const { version, methods, notifications, daemon } = said;
    return { version, methods, notifications, daemon: daemon ?? null };
  }

  offers(method: keyof Calls | keyof Notifications): boolean {
    const { hello } = this;
    return hello !== null && (hello.methods.includes(method) || hello.notifications.includes(method));
  }

  get pid(): number | null {
    return this.sidecar?.pid ?? null;
  }

  start(): Promise<void> {
    return this.enqueue(() => this.startNow({ again: false, recovered: false }));
  }

  stop(): Promise<void> {
    this.hurry();
    return this.enqueue(() => this.stopNow({ state: "off" }));
  }

  /** Gives this window another sidecar. The daemon, and all that other windows do, goes on. */
  restart(): Promise<void> {
    return this.replace(() => Promise.resolve());
  }

  /** Ends the daemon, for every window, and starts this window's sidecar, which brings a new one. */
  restartDaemon(): Promise<void> {
    return this.replace(async () => {
      await runSidecar(settings.sidecarPath(this.extension), ["daemon", "stop"]);
    });
  }

  request<M extends keyof Calls>(method: M, params: Calls[M]["params"]): Promise<Calls[M]["result"]> {
    if (!this.client || this.current.state !== "running")
      return Promise.reject(new Error(t("Outrigger is not running.")));
    return this.client.request<Calls[M]["result"]>(method, params);
  }

  notify<M extends keyof ClientNotifications>(method: M, params: ClientNotifications[M]): void {
    if (!this.client || this.current.state !== "running") return;
    this.client.notify(method, params).catch((error: unknown) => {
      this.log.warn(`${method} was not sent: ${String(error)}`);
    });
  }

  onNote<M extends keyof Notes>(method: M, listener: (params: Notes[M]) => void): Unsubscribe {
    const listeners = this.notes.get(method) ?? new Listeners<unknown>();
    this.notes.set(method, listeners);
    return listeners.add(listener as (params: unknown) => void);
  }

  onState(listener: (state: LinkState) => void): Unsubscribe {
    return this.states.add(listener);
  }

  dispose(): Promise<void> {
    return this.stop();
  }

  private enqueue(act: () => Promise<void>): Promise<void> {
    this.step = this.step.then(act, act);
    return this.step;
  }

  /** One that is starting may never come up: the next step need not wait for it. */
  private hurry(): void {
    if (this.current.state === "starting") this.sidecar?.kill();
  }

  private replace(between: () => Promise<void>): Promise<void> {
    this.budget.renew();
    this.hurry();
    return this.enqueue(async () => {
      await this.stopNow({ state: "starting", again: true });
      try {
        await between();
      } catch (error) {
        const { message } = refusalOf(error);
        this.log.error(`The daemon was not ended: ${message}`);
        const text = t("The daemon was not ended: {0}", message);
        this.become({ state: "stopped", message: text, hint: LOG_HINT, remedy: "daemon" });
        return;
      }
      await this.startNow({ again: true, recovered: false });
    });
  }

  private async startNow({ again, recovered, stuck = false }: Start): Promise<void> {
    if (this.sidecar) return;
    this.become({ state: "starting", again, stuck });
    const token = ++this.starts;
    let sidecar: Sidecar | null = null;
    let late = false as boolean; // A narrower type would not see that the timer sets it.
    const limit = setTimeout(() => {
      late = true;
      sidecar?.kill(); // Which makes the start fail.
    }, START_MS);
    try {
      const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
      sidecar = await Sidecar.start(settings.sidecarPath(this.extension), settings.sidecarArgs(), folder);
      if (token !== this.starts) {
        sidecar.kill();
        return;
      }
      this.sidecar = sidecar;
      const client = await this.speak(sidecar);
      if (token !== this.starts) return void client.dispose();
      this.client = client;
      this.refuseOlder(client);
      this.become({ state: "running", recovered });
      this.watchdog.start();
    } catch (error) {
      if (token !== this.starts) return;
      const { kind, message } = refusalOf(error);
      if (late) this.lost(t("It did not come up."), "daemon");
      else if (kind === "daemonGone") this.lost(message, "daemon");
      else this.gaveUp(error);
    } finally {
      clearTimeout(limit);
    }
  }

  /** Throws when it is not one of this extension's time, as may be left on a remote host or named by a setting. */
  private refuseOlder(client: Client): void {
    const { outrigger } = (client.initialized.capabilities.experimental ?? {}) as { outrigger?: Said };
    const why = refusalOfSidecar(outrigger ?? null, this.version, settings.sidecarPath(this.extension));
    if (why === null) return;
    const hint = t("Clear the setting outrigger.path, or install the extension again.");
    throw Object.assign(new Error(why), { data: { hint } });
  }

  private async stopNow(next: LinkState): Promise<void> {
    const { client, sidecar } = this.leave();
    this.become(next);
    await client?.dispose();
    await sidecar?.ended();
  }

  private gaveUp(error: unknown): void {
    const { sidecar } = this.leave();
    const { message, hint, data } = refusalOf(error);
    this.log.error(`Outrigger did not start: ${message}`);
    this.become({
      state: "stopped",
      message: t("It did not start: {0}", message),
      hint: hint ?? LOG_HINT,
      remedy: data["restartToUpdate"] === true ? "daemon" : "restart",
    });
    sidecar?.kill();
  }

  /** A sidecar is gone or of no use: another is started, with a client of its own, while the budget lasts. */
  private lost(why: string, remedy: "restart" | "daemon"): void {
    const { client, sidecar } = this.leave();
    this.log.warn(`The sidecar was lost: ${why}`);
    sidecar?.kill();
    void client?.dispose(); // There is no one left to say goodbye to.
    if (this.budget.spend()) {
      const stuck = remedy === "daemon";
      this.become({ state: "starting", again: true, stuck });
      void this.enqueue(() => this.startNow({ again: true, recovered: true, stuck }));
    } else {
      const message = t("{0} That happened several times within three minutes.", why);
      this.become({ state: "stopped", message, hint: LOG_HINT, remedy });
    }
  }

  private leave(): { client: Client | null; sidecar: Sidecar | null } {
    const { client, sidecar } = this;
    [this.client, this.sidecar] = [null, null];
    this.starts += 1;
    this.watchdog.stop();
    return { client, sidecar };
  }

  private speak(sidecar: Sidecar): Promise<Client> {
    const options = {
      events: EVENTS,
      trusted: vscode.workspace.isTrusted,
      codex: settings.codex(),
      inline: { codeLens: false, diagnostics: false, prompts: "never" },
    };
    const onNote = (method: string, params: unknown) => this.notes.get(method)?.fire(params);
    // One that did not come up is told by `startNow`.
    const onClose = () => {
      if (sidecar === this.sidecar && this.current.state === "running") this.lost(t("It ended."), "restart");
    };
    return Client.start(sidecar.process, options, this.log, onNote, onClose);
  }

  private become(state: LinkState): void {
    this.current = state;
    this.states.fire(state);
  }
}
