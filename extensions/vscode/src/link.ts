// Owner of the sidecar's language client. Every message to the sidecar goes through `request` and `notify` here.

import * as vscode from "vscode";
import {
  CloseAction,
  type DynamicFeature,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type StaticFeature,
  TransportKind,
} from "vscode-languageclient/node";
import { type Calls, type Door, type LinkState, Listeners, refusalOf, type Unsubscribe } from "./door";
import type { ClientNotifications, Notifications } from "./protocol.generated";
import { RestartBudget } from "./restartBudget";
import * as settings from "./settings";

/** The notes that this extension draws from. */
const EVENTS = ["approval", "thread", "appServer", "diagnostic"];

/**
 * What the sidecar offers an editor without an extension is left unregistered: this extension draws it itself, and
 * the sidecar's command ids are ours.
 */
const LEFT_OUT = new Set([
  "workspace/executeCommand",
  "textDocument/codeLens",
  "textDocument/codeAction",
  "textDocument/hover",
  "textDocument/diagnostic",
]);

const LOG_HINT = "The log says more.";

class Client extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    const method = "registrationType" in feature ? feature.registrationType.method : null;
    if (method === null || !LEFT_OUT.has(method)) super.registerFeature(feature);
  }

  /** The view says what is wrong, once; the log has the rest. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export class Link implements Door, vscode.Disposable {
  private client: Client | null = null;
  private current: LinkState = { state: "off" };
  private readonly states = new Listeners<LinkState>();
  private readonly notes = new Map<string, Listeners<unknown>>();
  private readonly budget = new RestartBudget();
  /** The last step of starting or stopping; the next waits for it. */
  private step: Promise<void> = Promise.resolve();

  constructor(
    private readonly extension: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get state(): LinkState {
    return this.current;
  }

  start(): Promise<void> {
    return this.enqueue(() => this.startNow());
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  restart(): Promise<void> {
    this.budget.renew();
    return this.enqueue(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  request<M extends keyof Calls>(method: M, params: Calls[M]["params"]): Promise<Calls[M]["result"]> {
    if (!this.client || this.current.state !== "running") return Promise.reject(new Error("Outrigger is not running."));
    return this.client.sendRequest<Calls[M]["result"]>(method, params);
  }

  notify<M extends keyof ClientNotifications>(method: M, params: ClientNotifications[M]): void {
    if (!this.client || this.current.state !== "running") return;
    this.client.sendNotification(method, params).catch((error: unknown) => {
      this.log.warn(`${method} was not sent: ${String(error)}`);
    });
  }

  onNote<M extends keyof Notifications>(method: M, listener: (params: Notifications[M]) => void): Unsubscribe {
    const listeners = this.notes.get(method) ?? new Listeners<unknown>();
    this.notes.set(method, listeners);
    this.client?.onNotification(method, (params: unknown) => listeners.fire(params));
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

  private async startNow(): Promise<void> {
    if (this.client) return;
    const client = this.makeClient(settings.sidecarPath(this.extension));
    this.client = client;
    for (const [method, listeners] of this.notes) {
      client.onNotification(method, (params: unknown) => listeners.fire(params));
    }
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) return;
      if (newState === State.Running) this.become({ state: "running" });
      if (newState === State.Starting) this.become({ state: "starting" });
    });
    try {
      await client.start();
    } catch (error) {
      await this.gaveUp(client, error);
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = null;
    this.become({ state: "off" });
    await client?.dispose().catch((error: unknown) => this.log.warn(`The sidecar did not stop: ${String(error)}`));
  }

  private async gaveUp(client: Client, error: unknown): Promise<void> {
    if (client !== this.client) return;
    this.client = null;
    const { message, hint } = refusalOf(error);
    this.log.error(`Outrigger did not start: ${message}`);
    this.become({ state: "stopped", message: `It did not start: ${message}`, hint: hint ?? LOG_HINT });
    await client.dispose().catch(() => undefined); // It never ran: there may be nothing to dispose.
  }

  /** A sidecar that ran is gone: another is started, with a client of its own, while the budget lasts. */
  private died(): void {
    const client = this.client;
    if (!client || this.current.state !== "running") return; // One that did not come up is told by `gaveUp`.
    this.client = null;
    client.dispose().catch(() => undefined); // Its process is gone already.
    if (this.budget.spend()) {
      this.become({ state: "starting" });
      void this.start();
    } else this.become({ state: "stopped", message: "It stopped several times within three minutes.", hint: LOG_HINT });
  }

  private makeClient(command: string): Client {
    return new Client(
      "outrigger",
      "Outrigger",
      { command, transport: TransportKind.stdio, args: ["--solo"] },
      {
        outputChannel: this.log,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        initializationOptions: () => ({
          events: EVENTS,
          trusted: vscode.workspace.isTrusted,
          codex: settings.codex(),
          inline: { codeLens: false, diagnostics: false, prompts: "never" },
        }),
        initializationFailedHandler: () => false,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => {
            this.died();
            return { action: CloseAction.DoNotRestart, handled: true };
          },
        },
      },
    );
  }

  private become(state: LinkState): void {
    this.current = state;
    this.states.fire(state);
  }
}
