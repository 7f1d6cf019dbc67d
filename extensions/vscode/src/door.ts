// The one typed door to Outrigger, without VS Code in it: what the rest of the extension, and its tests, depend on.

import type { ClientNotifications, FailureKind, Notifications, Requests } from "./protocol.generated";

export type TextInput = { type: "text"; text: string; text_elements: [] };

/** A thread as `codex/thread/list` tells it; only what we show. Times are epoch seconds. */
export type ListedThread = {
  id: string;
  name: string | null;
  preview: string;
  cwd: string;
  updatedAt: number;
  status?: { type: string };
};

/** The app-server's own methods that we call. They pass through unchanged, so these are views of its schema. */
export interface CodexRequests {
  "codex/thread/list": {
    params: { cwd?: string; limit?: number; cursor?: string | null };
    result: { data: ListedThread[]; nextCursor: string | null };
  };
  "codex/thread/start": {
    params: { cwd: string; approvalPolicy?: string; sandbox?: string };
    result: { thread: ListedThread };
  };
  "codex/thread/resume": { params: { threadId: string; excludeTurns: true }; result: { thread: ListedThread } };
  "codex/thread/fork": { params: { threadId: string; excludeTurns: true }; result: { thread: ListedThread } };
  "codex/turn/start": {
    params: { threadId: string; input: TextInput[] };
    result: { turn: { id: string; status: string } };
  };
  "codex/turn/steer": {
    params: { threadId: string; expectedTurnId: string; input: TextInput[] };
    result: unknown;
  };
  "codex/turn/interrupt": { params: { threadId: string; turnId: string }; result: unknown };
}

export type Calls = Requests & CodexRequests;

/** Something that must be given back. */
export type Owned = { dispose(): unknown };

export type Unsubscribe = () => void;

/**
 * How the sidecar process is. `again`: one that ran is being replaced, so what was shown stays; `stuck`: because it did
 * not answer, so the daemon may hang. `recovered`: it replaces one that was lost. `stopped` says why it
 * is not there, and whether another sidecar helps or only another daemon.
 */
export type LinkState =
  | { state: "off" }
  | { state: "starting"; again: boolean; stuck?: boolean }
  | { state: "running"; recovered?: boolean }
  | { state: "stopped"; message: string; hint: string | null; remedy: "restart" | "daemon" };

/** What the sidecar said of itself in `initialize`. `newer`: a newer build than the daemon's is installed. */
export type Hello = {
  version: string;
  /** What it answers, and what it tells: what an older one lacks is not offered to the person. */
  methods: string[];
  notifications: string[];
  daemon: { pid: number; version: string; newer: boolean } | null;
};

export interface Door {
  readonly state: LinkState;
  /** Whether the sidecar that runs answers a method, or tells a note. */
  offers(method: keyof Calls | keyof Notifications): boolean;
  request<M extends keyof Calls>(method: M, params: Calls[M]["params"]): Promise<Calls[M]["result"]>;
  notify<M extends keyof ClientNotifications>(method: M, params: ClientNotifications[M]): void;
  onNote<M extends keyof Notifications>(method: M, listener: (params: Notifications[M]) => void): Unsubscribe;
  onState(listener: (state: LinkState) => void): Unsubscribe;
}

/** A refused request. `kind` is set for our own failures, null for the app-server's. */
export type Refusal = { kind: FailureKind | null; message: string; hint: string | null; data: Record<string, unknown> };

export function refusalOf(error: unknown): Refusal {
  const { message, data } = (error ?? {}) as { message?: unknown; data?: unknown };
  const fields = typeof data === "object" && data !== null ? (data as Record<string, unknown>) : {};
  return {
    kind: typeof fields["kind"] === "string" ? (fields["kind"] as FailureKind) : null,
    message: typeof message === "string" ? message : String(error),
    hint: typeof fields["hint"] === "string" ? fields["hint"] : null,
    data: fields,
  };
}

/** Another process writes this thread: it can be read and forked, not continued. */
export function isThreadBusy(refusal: Refusal): boolean {
  return refusal.kind === "threadBusy" || refusal.message.includes("already has an active writer");
}

/** The app-server does not have this thread loaded: it must be resumed first. */
export function isThreadNotLoaded(refusal: Refusal): boolean {
  return /thread not (found|loaded)/.test(refusal.message);
}

export function textInput(text: string): TextInput[] {
  return [{ type: "text", text, text_elements: [] }];
}

/** A list of listeners: the smallest event there is. */
export class Listeners<T> {
  private readonly all = new Set<(value: T) => void>();

  add(listener: (value: T) => void): Unsubscribe {
    this.all.add(listener);
    return () => this.all.delete(listener);
  }

  fire(value: T): void {
    for (const listener of [...this.all]) listener(value);
  }
}
