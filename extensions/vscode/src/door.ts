// The one typed door to Outrigger, without VS Code in it: what the rest of the extension, and its tests, depend on.

import type { ClientNotifications, FailureKind, Notifications, Requests } from "./protocol.generated";

/** One part of a message. */
export type UserInput =
  | { type: "text"; text: string; text_elements: [] }
  | { type: "image"; url: string }
  | { type: "skill"; name: string; path: string };

/** A thread as `codex/thread/list` tells it; only what we show. Times are epoch seconds. */
export type ListedThread = {
  id: string;
  name: string | null;
  preview: string;
  cwd: string;
  updatedAt: number;
  status?: { type: string; activeFlags?: string[] };
  gitInfo?: { branch?: string | null } | null;
};

/** Up to where a thread was read. */
export type ReadState = { firstUnread?: unknown; revision: string };

export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";

/** What a thread runs with, as it is told with the thread and when it changes. */
export type ThreadRuns = {
  model?: string | null;
  reasoningEffort?: string | null;
  effort?: string | null;
  approvalPolicy?: unknown;
  sandbox?: unknown;
  sandboxPolicy?: unknown;
};

type Opened = { thread: ListedThread } & ThreadRuns;

export type CodexModel = {
  id: string;
  model: string;
  displayName: string;
  description: string;
  isDefault: boolean;
  hidden: boolean;
  defaultReasoningEffort: string;
  supportedReasoningEfforts: { reasoningEffort: string; description: string }[];
};

export type CodexSkill = {
  name: string;
  path: string;
  description: string;
  shortDescription?: string | null;
  enabled: boolean;
  scope: string;
};

export type Account =
  | { type: "chatgpt"; email: string | null; planType?: string }
  | { type: "apiKey" }
  | { type: "amazonBedrock" }
  | { type: "gcp" };

/** `resetsAt` in epoch seconds. */
export type RateLimitWindow = { usedPercent: number; windowDurationMins?: number | null; resetsAt?: number | null };

export type RateLimits = {
  /** Which of the account's meters this is; one that is not said is the usual one. */
  limitId?: string | null;
  primary?: RateLimitWindow | null;
  secondary?: RateLimitWindow | null;
};

export type LoginStarted =
  | { type: "chatgpt"; loginId: string; authUrl: string }
  | { type: "chatgptDeviceCode"; loginId: string; verificationUrl: string; userCode: string }
  | { type: "apiKey" };

export type McpServer = {
  name: string;
  authStatus: string;
  runtimeStatus?: string | null;
  tools: Record<string, unknown>;
  toolsError?: string | null;
};

export type Hook = { eventName: string; handlerType: string; command?: string; enabled: boolean; sourcePath?: string };

/** The app-server's own methods that we call. They pass through unchanged, so these are views of its schema. */
export interface CodexRequests {
  "codex/thread/list": {
    params: {
      cwd?: string | string[];
      limit?: number;
      cursor?: string | null;
      searchTerm?: string;
      archived?: boolean;
    };
    result: { data: ListedThread[]; nextCursor: string | null; readStates?: Record<string, ReadState> | null };
  };
  "codex/thread/start": {
    params: { cwd: string; model?: string; approvalPolicy?: unknown; sandbox?: string };
    result: Opened;
  };
  "codex/thread/resume": { params: { threadId: string; excludeTurns: true }; result: Opened };
  "codex/thread/fork": { params: { threadId: string; excludeTurns: true }; result: Opened };
  "codex/thread/archive": { params: { threadId: string }; result: unknown };
  "codex/thread/unarchive": { params: { threadId: string }; result: unknown };
  "codex/thread/delete": { params: { threadId: string }; result: unknown };
  "codex/thread/name/set": { params: { threadId: string; name: string }; result: unknown };
  "codex/thread/readState/update": {
    params: { threadId: string; expectedRevision: string; operation: { type: "read" | "unread" } };
    result: { readState: ReadState };
  };
  "codex/thread/settings/update": {
    params: { threadId: string; model?: string; effort?: string; approvalPolicy?: unknown; sandboxPolicy?: unknown };
    result: unknown;
  };
  "codex/thread/compact/start": { params: { threadId: string }; result: unknown };
  "codex/review/start": {
    params: { threadId: string; target: { type: "uncommittedChanges" } };
    result: unknown;
  };
  "codex/model/list": { params: { cursor?: string }; result: { data: CodexModel[] } };
  "codex/config/read": {
    params: { cwd?: string };
    result: {
      config: {
        model?: string | null;
        model_reasoning_effort?: string | null;
        approval_policy?: unknown;
        sandbox_mode?: unknown;
      };
    };
  };
  "codex/configRequirements/read": {
    params: Record<string, never>;
    result: { requirements: { allowedApprovalPolicies?: unknown; allowedSandboxModes?: unknown } | null };
  };
  "codex/skills/list": { params: { cwds?: string[] }; result: { data: { skills: CodexSkill[] }[] } };
  "codex/fuzzyFileSearch": {
    params: { query: string; roots: string[]; cancellationToken?: string };
    result: { files: { path: string; root: string; match_type?: string }[] };
  };
  "codex/turn/start": {
    params: { threadId: string; input: UserInput[] };
    result: { turn: { id: string; status: string } };
  };
  "codex/turn/steer": {
    params: { threadId: string; expectedTurnId: string; input: UserInput[] };
    result: unknown;
  };
  "codex/account/read": {
    params: Record<string, never>;
    result: { account?: Account | null; requiresOpenaiAuth: boolean };
  };
  "codex/account/rateLimits/read": { params: Record<string, never>; result: { rateLimits: RateLimits } };
  "codex/account/login/start": {
    params: { type: "chatgpt" | "chatgptDeviceCode" } | { type: "apiKey"; apiKey: string };
    result: LoginStarted;
  };
  "codex/account/login/cancel": { params: { loginId: string }; result: unknown };
  "codex/account/logout": { params: Record<string, never>; result: unknown };
  "codex/mcpServerStatus/list": {
    params: { limit?: number };
    result: { data: McpServer[] };
  };
  "codex/mcpServer/oauth/login": { params: { name: string }; result: { authorizationUrl: string } };
  "codex/hooks/list": { params: { cwds?: string[] }; result: { data: { cwd: string; hooks: Hook[] }[] } };
  "codex/turn/interrupt": { params: { threadId: string; turnId: string }; result: unknown };
}

/** The app-server's notes that we listen to, by whole names: a thread's deltas come as changes already. */
export interface CodexNotes {
  "codex/thread/started": { thread: ListedThread };
  "codex/thread/status/changed": { threadId: string; status: { type: string; activeFlags?: string[] } };
  "codex/thread/name/updated": { threadId: string; threadName?: string | null };
  "codex/thread/archived": { threadId: string };
  "codex/thread/unarchived": { threadId: string };
  "codex/thread/deleted": { threadId: string };
  "codex/thread/readState/changed": { threadId: string; readState: ReadState };
  "codex/thread/settings/updated": { threadId: string; threadSettings: ThreadRuns };
  "codex/skills/changed": unknown;
  "codex/account/updated": unknown;
  "codex/account/login/completed": { loginId?: string | null; success: boolean; error?: string | null };
  "codex/account/rateLimits/updated": { rateLimits: RateLimits };
  "codex/mcpServer/oauthLogin/completed": { name: string; success: boolean; error?: string | null };
}

export const CODEX_NOTES: (keyof CodexNotes)[] = [
  "codex/thread/started",
  "codex/thread/status/changed",
  "codex/thread/name/updated",
  "codex/thread/archived",
  "codex/thread/unarchived",
  "codex/thread/deleted",
  "codex/thread/readState/changed",
  "codex/thread/settings/updated",
  "codex/skills/changed",
  "codex/account/updated",
  "codex/account/login/completed",
  "codex/account/rateLimits/updated",
  "codex/mcpServer/oauthLogin/completed",
];

export type Calls = Requests & CodexRequests;
export type Notes = Notifications & CodexNotes;

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
  onNote<M extends keyof Notes>(method: M, listener: (params: Notes[M]) => void): Unsubscribe;
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

export function textInput(text: string): UserInput[] {
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
