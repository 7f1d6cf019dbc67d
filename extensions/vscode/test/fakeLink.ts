// A sidecar that answers what a test tells it to.

import { type Calls, type Door, type LinkState, Listeners, type Notes, type Unsubscribe } from "../src/door";
import type { Approval, ClientNotifications, Snapshot, ThreadState, TurnState } from "../src/protocol.generated";

type Answer = (params: never) => unknown;

/** What an app-server error looks like when it comes back through the sidecar. */
export function refused(message: string, data: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), { data });
}

export class FakeLink implements Door {
  state: LinkState = { state: "running" };
  /** Every request, in order, as `[method, params]`. */
  readonly asked: [string, unknown][] = [];
  readonly notified: [string, unknown][] = [];
  private readonly answers = new Map<string, Answer>();
  private readonly states = new Listeners<LinkState>();
  private readonly notes = new Map<string, Listeners<unknown>>();

  answer<M extends keyof Calls>(method: M, answer: (params: Calls[M]["params"]) => unknown): this {
    this.answers.set(method, answer);
    return this;
  }

  offers(method: keyof Calls | keyof Notes): boolean {
    return this.answers.has(method);
  }

  async request<M extends keyof Calls>(method: M, params: Calls[M]["params"]): Promise<Calls[M]["result"]> {
    this.asked.push([method, params]);
    const answer = this.answers.get(method);
    if (!answer) throw refused(`the test has no answer for ${method}`, { kind: "methodUnknown" });
    return await answer(params as never);
  }

  notify<M extends keyof ClientNotifications>(method: M, params: ClientNotifications[M]): void {
    this.notified.push([method, params]);
  }

  onNote<M extends keyof Notes>(method: M, listener: (params: Notes[M]) => void): Unsubscribe {
    const listeners = this.notes.get(method) ?? new Listeners<unknown>();
    this.notes.set(method, listeners);
    return listeners.add(listener as (params: unknown) => void);
  }

  onState(listener: (state: LinkState) => void): Unsubscribe {
    return this.states.add(listener);
  }

  note<M extends keyof Notes>(method: M, params: Notes[M]): void {
    this.notes.get(method)?.fire(params);
  }

  become(state: LinkState): void {
    this.state = state;
    this.states.fire(state);
  }

  /** The methods asked for, without their params. */
  get methods(): string[] {
    return this.asked.map(([method]) => method);
  }
}

/** Lets everything that waits for a reply go on. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export function approval(fields: Partial<Approval> = {}): Approval {
  return {
    approvalId: "a1",
    kind: "command",
    method: "item/commandExecution/requestApproval",
    threadId: "t1",
    turnId: "u1",
    itemId: "i1",
    requestedAt: 1,
    reason: null,
    cwd: "/repo",
    command: "/bin/bash -lc 'touch a'",
    commandActions: null,
    network: null,
    changes: null,
    questions: null,
    elicitation: null,
    permissions: null,
    options: [
      { decision: "accept", label: "Accept", scope: "once" },
      { decision: "acceptForSession", label: "Accept for session", scope: "session" },
      { decision: "decline", label: "Decline", scope: "no" },
      { decision: "cancel", label: "Cancel", scope: "stop" },
    ],
    request: {},
    ...fields,
  };
}

export function turn(fields: Partial<TurnState> = {}): TurnState {
  return {
    turnId: "u1",
    status: "completed",
    error: null,
    startedAt: 1,
    completedAt: 2,
    items: [],
    markers: [],
    ...fields,
  };
}

export function snapshot(thread: Partial<ThreadState> = {}, revision = 1): Snapshot {
  return {
    revision,
    thread: {
      threadId: "t1",
      name: null,
      cwd: "/repo",
      status: { type: "idle" },
      model: null,
      turns: [],
      usage: null,
      ...thread,
    },
    olderCursor: null,
  };
}
