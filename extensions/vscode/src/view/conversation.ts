// The thread that the view shows: opening, sending, steering, stopping, forking. No VS Code in it.

import {
  type Door,
  isThreadBusy,
  isThreadNotLoaded,
  type LinkState,
  Listeners,
  type Refusal,
  refusalOf,
  type ThreadRuns,
  type Unsubscribe,
  type UserInput,
} from "../door";
import { t } from "../l10n";
import type {
  AppServerStatus,
  RunningProcess,
  Snapshot,
  ThreadChange,
  ThreadChanged,
  ThreadState,
} from "../protocol.generated";
import type { Message } from "./messages";
import { Transcript } from "./transcript";

/** Notes held while a snapshot is on its way; past this the snapshot is taken again. */
const HELD_NOTES = 2_000;
/** Snapshots taken in a row before the view says that it can't follow the thread. */
const SNAPSHOT_TRIES = 3;
/** Items of a page of what came before. */
const OLDER_ITEMS = 500;

export type Notice = { text: string; hint: string | null };

/** What the view shows beside the transcript. */
export type Page = {
  link: LinkState;
  appServer: AppServerStatus | null;
  threadId: string | null;
  /** The thread that this one was forked from, or null when it was begun here: what is being written goes along. */
  cameFrom?: string | null;
  loading: boolean;
  sending: boolean;
  stopping: boolean;
  activeTurnId: string | null;
  /** Why nothing can be sent here; null when it can. */
  readOnly: string | null;
  hasOlder: boolean;
  loadingOlder: boolean;
  running: RunningProcess[];
  notice: Notice | null;
};

export type ThreadSettings = { model?: string; approvalPolicy?: unknown; sandbox?: string };

export type Surroundings = {
  door: Door;
  /** The folder that a new thread works in; null when none is open. */
  cwd: () => string | null;
  threadSettings: () => ThreadSettings;
  /** A message as the app-server takes it. */
  input: (message: Message) => UserInput[];
  /** Told of what a thread runs with, when it was started, resumed or forked. */
  onRuns: (threadId: string, runs: ThreadRuns) => void;
  /** A thread was begun, and has no turn yet. */
  onStarted: (threadId: string) => Promise<void>;
  /** The thread of last time, kept over a reload of the window. */
  memory: { get: () => string | undefined; set: (threadId: string | undefined) => void };
  /** Told of each thread that this window opens. */
  onOwn: (threadId: string) => void;
};

export class Conversation {
  readonly onPage = new Listeners<Page>();
  /** The transcript as a whole: another thread, or the same from a new snapshot. */
  readonly onThread = new Listeners<ThreadState | null>();
  readonly onChanges = new Listeners<ThreadChange[]>();
  /** Items before those that are there. */
  readonly onOlder = new Listeners<Snapshot>();
  /** A message that could not be sent, to be put back into the composer. */
  readonly onUnsent = new Listeners<Message>();
  /** This session is told of a thread's changes from here on: what else is known of it can be read now. */
  readonly onSubscribed = new Listeners<string>();

  private transcript: Transcript | null = null;
  private held: ThreadChanged[] = [];
  /** Goes up with every selection: what an older one brings back is dropped. */
  private selection = 0;
  /** Threads that the app-server has loaded for us. */
  private readonly attached = new Set<string>();
  private subscriptions: Unsubscribe[] = [];
  private current: Page;

  constructor(private readonly around: Surroundings) {
    this.current = {
      link: around.door.state,
      appServer: null,
      threadId: around.memory.get() ?? null,
      loading: false,
      sending: false,
      stopping: false,
      activeTurnId: null,
      readOnly: null,
      hasOlder: false,
      loadingOlder: false,
      running: [],
      notice: null,
    };
  }

  get page(): Page {
    return this.current;
  }

  get thread(): ThreadState | null {
    return this.transcript?.thread ?? null;
  }

  connect(): void {
    const { door } = this.around;
    this.subscriptions = [
      door.onNote("outrigger/thread/changed", (note) => this.changed(note)),
      door.onNote("outrigger/appServer/status", (status) => this.appServer(status)),
      door.onState((link) => this.linked(link)),
    ];
    this.linked(door.state);
  }

  dispose(): void {
    this.selection += 1;
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** Leaves the thread; the next message starts a new one. */
  newThread(): void {
    this.leave();
    this.around.memory.set(undefined);
    this.select(null, undefined, { loading: false });
    this.onThread.fire(null);
  }

  /** Shows a thread. Reading never resumes it. `cameFrom` as in the page. */
  async open(threadId: string, cameFrom?: string | null): Promise<void> {
    const token = this.leave();
    this.around.memory.set(threadId);
    this.select(threadId, cameFrom, { loading: true });
    this.onThread.fire(null);
    this.around.onOwn(threadId);
    await this.read(threadId, token);
  }

  /** Reads the thread anew, from a sidecar that knows nothing of us; what is shown stays until it is there. */
  private async reopen(threadId: string): Promise<void> {
    this.transcript = null;
    this.held = [];
    this.set({ loading: true, notice: null });
    this.around.onOwn(threadId);
    await this.read(threadId, ++this.selection);
  }

  private async read(threadId: string, token: number): Promise<void> {
    try {
      await this.around.door.request("outrigger/thread/subscribe", { threadId });
      if (token !== this.selection) return;
      this.onSubscribed.fire(threadId);
      await this.takeSnapshot(threadId, token);
    } catch (error) {
      if (token !== this.selection) return;
      const refusal = refusalOf(error);
      if (refusal.kind === "threadUnknown") {
        this.newThread();
        return;
      }
      this.set({ loading: false, notice: noticeOf(refusal) });
    }
  }

  /** Sends a message: into the running turn if there is one, else as a new turn, else as a new thread. */
  async send(message: Message): Promise<void> {
    const input = this.around.input(message);
    if (input.length === 0 || this.current.sending) return;
    this.set({ sending: true, notice: null });
    try {
      const threadId = this.current.threadId ?? (await this.startThread());
      const active = this.transcript?.activeTurn;
      if (active) await this.tell(threadId, active.turnId, input);
      else await this.startTurn(threadId, input);
    } catch (error) {
      const refusal = refusalOf(error);
      this.onUnsent.fire(message);
      if (isThreadBusy(refusal)) this.set({ readOnly: refusal.message });
      else this.set({ notice: noticeOf(refusal) });
    } finally {
      this.set({ sending: false });
    }
  }

  /** Steers a turn; when it has ended meanwhile, the message becomes the next turn. */
  async tell(threadId: string, turnId: string | null, input: UserInput[]): Promise<void> {
    if (turnId !== null) {
      try {
        await this.around.door.request("codex/turn/steer", { threadId, expectedTurnId: turnId, input });
        return;
      } catch (error) {
        if (!/active turn/.test(refusalOf(error).message)) throw error;
      }
    }
    await this.startTurn(threadId, input);
  }

  async stop(): Promise<void> {
    const { threadId, activeTurnId: turnId } = this.current;
    if (threadId === null || turnId === null) return;
    this.set({ stopping: true });
    await this.attempt(() => this.around.door.request("codex/turn/interrupt", { threadId, turnId }));
    if (this.current.notice) this.set({ stopping: false });
  }

  /** Goes on after an interruption, as a new turn. */
  async continueTurn(): Promise<void> {
    await this.send({ text: "Continue.", pictures: [] });
  }

  /** Goes on in a copy of a thread: of one that another process holds, or to try something else. */
  async fork(threadId = this.current.threadId): Promise<void> {
    if (threadId === null) return;
    await this.attempt(async () => {
      const opened = await this.around.door.request("codex/thread/fork", { threadId, excludeTurns: true });
      this.attached.add(opened.thread.id);
      this.around.onRuns(opened.thread.id, opened);
      await this.open(opened.thread.id, threadId);
    });
  }

  /** Has the app-server load a thread, if it has not: only then it can be changed. */
  async attach(threadId: string): Promise<void> {
    if (!this.attached.has(threadId)) await this.resume(threadId);
  }

  /** Tries again what failed: to write to a busy thread, or to read one. */
  async retry(): Promise<void> {
    const { threadId, readOnly } = this.current;
    if (threadId === null) return;
    if (readOnly === null) {
      await this.open(threadId);
      return;
    }
    await this.attempt(async () => {
      await this.resume(threadId);
      this.set({ readOnly: null });
    });
  }

  async endProcess(processId: string): Promise<void> {
    const { threadId } = this.current;
    if (threadId === null) return;
    await this.attempt(() => this.around.door.request("outrigger/thread/endProcess", { threadId, processId }));
    await this.refreshRunning();
  }

  /** Starts the app-server again, after it failed or was just installed. */
  async restartAppServer(): Promise<void> {
    await this.attempt(async () => this.appServer(await this.around.door.request("outrigger/appServer/restart", {})));
  }

  async loadOlder(): Promise<void> {
    const [transcript, token, threadId] = [this.transcript, this.selection, this.current.threadId];
    if (!transcript?.olderCursor || threadId === null || this.current.loadingOlder) return;
    this.set({ loadingOlder: true });
    await this.attempt(async () => {
      const params = { threadId, before: transcript.olderCursor, limit: OLDER_ITEMS };
      const older = await this.around.door.request("outrigger/thread/snapshot", params);
      if (token !== this.selection || transcript !== this.transcript) return;
      transcript.prepend(older);
      this.onOlder.fire(older);
    });
    if (token === this.selection) this.set({ loadingOlder: false, hasOlder: transcript.hasOlder });
  }

  /** The whole of the thread, with all that came before. Rejects when it can't be read. */
  async whole(): Promise<ThreadState | null> {
    const { threadId } = this.current;
    if (threadId === null) return null;
    const read = (before: string | null) =>
      this.around.door.request("outrigger/thread/snapshot", { threadId, limit: 1_000, ...(before ? { before } : {}) });
    const transcript = Transcript.of(await read(null));
    while (transcript.hasOlder) transcript.prepend(await read(transcript.olderCursor));
    return transcript.thread;
  }

  /** Fetches an item whose text was cut. */
  async wholeItem(turnId: string, itemId: string): Promise<void> {
    const { threadId } = this.current;
    const token = this.selection;
    if (threadId === null) return;
    await this.attempt(async () => {
      const { item } = await this.around.door.request("outrigger/thread/item", { threadId, turnId, itemId });
      if (token !== this.selection || !this.transcript) return;
      const turn = this.transcript.thread.turns.find((found) => found.turnId === turnId);
      const at = turn?.items.findIndex((found) => found.itemId === itemId) ?? -1;
      if (!turn || at < 0) return;
      turn.items[at] = item;
      this.onChanges.fire([{ op: "item", turnId, itemId, value: item }]);
    });
  }

  /** Shows that something which the view asked for failed. */
  fail(refusal: Refusal): void {
    this.set({ notice: noticeOf(refusal) });
  }

  dismissNotice(): void {
    this.set({ notice: null });
  }

  private async startThread(): Promise<string> {
    const cwd = this.around.cwd();
    if (cwd === null) throw new Error(t("Open a folder first: a thread works in one."));
    const token = this.selection;
    const params = { cwd, ...this.around.threadSettings() };
    const opened = await this.around.door.request("codex/thread/start", params);
    const { thread } = opened;
    this.attached.add(thread.id);
    this.around.onRuns(thread.id, opened);
    await this.around.onStarted(thread.id);
    if (token === this.selection) await this.open(thread.id, null);
    return thread.id;
  }

  private async startTurn(threadId: string, input: UserInput[]): Promise<void> {
    const start = () => this.around.door.request("codex/turn/start", { threadId, input });
    await this.attach(threadId);
    try {
      await start();
    } catch (error) {
      if (!isThreadNotLoaded(refusalOf(error))) throw error;
      await this.resume(threadId);
      await start();
    }
  }

  private async resume(threadId: string): Promise<void> {
    const opened = await this.around.door.request("codex/thread/resume", { threadId, excludeTurns: true });
    this.attached.add(threadId);
    this.around.onRuns(threadId, opened);
  }

  private async attempt(act: () => Promise<unknown>): Promise<void> {
    this.set({ notice: null });
    try {
      await act();
    } catch (error) {
      const refusal = refusalOf(error);
      if (isThreadBusy(refusal)) this.set({ readOnly: refusal.message });
      else this.set({ notice: noticeOf(refusal) });
    }
  }

  /** Drops what belongs to the thread shown so far, and returns the token of the new selection. */
  private leave(): number {
    const { threadId, link } = this.current;
    if (threadId !== null && link.state === "running") {
      // A thread that is no longer shown need not stream here; that it fails changes nothing.
      this.around.door.request("outrigger/thread/unsubscribe", { threadId }).catch(() => undefined);
    }
    this.transcript = null;
    this.held = [];
    this.set({
      activeTurnId: null,
      stopping: false,
      readOnly: null,
      hasOlder: false,
      loadingOlder: false,
      running: [],
    });
    return ++this.selection;
  }

  private async takeSnapshot(threadId: string, token: number): Promise<void> {
    for (let tries = 0; tries < SNAPSHOT_TRIES; tries += 1) {
      this.transcript = null;
      const snapshot = await this.around.door.request("outrigger/thread/snapshot", { threadId });
      if (token !== this.selection) return;
      const transcript = Transcript.of(snapshot);
      const held = this.held.splice(0);
      if (held.every((note) => ["applied", "stale"].includes(transcript.apply(note)))) {
        this.transcript = transcript;
        this.set({ loading: false, hasOlder: transcript.hasOlder, activeTurnId: null });
        this.onThread.fire(transcript.thread);
        this.followTurn();
        await this.refreshRunning();
        return;
      }
    }
    throw new Error(t("The thread changes faster than it can be read. Try again."));
  }

  private changed(note: ThreadChanged): void {
    if (note.threadId !== this.current.threadId) return;
    if (!this.transcript) {
      this.held.push(note);
      if (this.held.length > HELD_NOTES) this.held.shift(); // Leaves a gap, which asks for another snapshot.
      return;
    }
    const applied = this.transcript.apply(note);
    if (applied === "applied") {
      this.onChanges.fire(note.changes);
      this.followTurn();
    } else if (applied !== "stale") void this.resync(note.threadId);
  }

  private async resync(threadId: string): Promise<void> {
    const token = this.selection;
    this.transcript = null;
    this.held = [];
    try {
      await this.takeSnapshot(threadId, token);
    } catch (error) {
      if (token === this.selection) this.set({ loading: false, notice: noticeOf(refusalOf(error)) });
    }
  }

  private followTurn(): void {
    const activeTurnId = this.transcript?.activeTurn?.turnId ?? null;
    if (activeTurnId === this.current.activeTurnId) return;
    const ended = this.current.activeTurnId !== null;
    this.set({ activeTurnId, ...(activeTurnId === null || ended ? { stopping: false } : {}) });
    if (ended) void this.refreshRunning();
  }

  private async refreshRunning(): Promise<void> {
    const { threadId } = this.current;
    const token = this.selection;
    if (threadId === null) return;
    try {
      const { processes } = await this.around.door.request("outrigger/thread/running", { threadId });
      if (token === this.selection) this.set({ running: processes });
    } catch {
      if (token === this.selection) this.set({ running: [] });
    }
  }

  private linked(link: LinkState): void {
    if (link.state !== "running") {
      const away = link.state === "starting" && link.again;
      this.set({ link, sending: false, stopping: false, ...(away ? {} : { appServer: null }) });
      this.attached.clear();
      return;
    }
    this.set({ link });
    void this.around.door
      .request("outrigger/appServer/status", {})
      .then((status) => this.appServer(status))
      .catch(() => undefined);
    if (this.current.threadId !== null) void this.reopen(this.current.threadId);
  }

  private appServer(status: AppServerStatus): void {
    const wasReady = this.current.appServer?.state === "ready";
    this.set({ appServer: status });
    const { threadId, loading } = this.current;
    const unread = threadId !== null && !this.transcript && !loading;
    if (status.state === "ready" && !wasReady && unread) void this.reopen(threadId);
  }

  private select(threadId: string | null, cameFrom: string | null | undefined, part: Partial<Page>): void {
    delete this.current.cameFrom;
    if (cameFrom !== undefined) this.current.cameFrom = cameFrom;
    this.set({ threadId, notice: null, ...part });
  }

  private set(part: Partial<Page>): void {
    this.current = { ...this.current, ...part };
    this.onPage.fire(this.current);
  }
}

function noticeOf({ message, hint }: Refusal): Notice {
  return { text: message, hint };
}
