// What is written and not sent, by thread. The window keeps it; for threads the daemon keeps it too, so that it is there
// in another window and after this one is closed. The last writer wins; what is being written here is never replaced.
// No VS Code in it.

import { Listeners, type Unsubscribe } from "./door";

/** Drafts that a window remembers. */
const MOST_KEPT = 50;
const PREFIX = "draft/";
/** Where a window keeps the draft of a thread that has not begun. */
const NEW_THREAD = "";

/** `revision` is the daemon's at the time when both had the same text; `dirty` when it has not got this one yet. */
export type Kept = { text: string; revision: number; dirty: boolean; at: number };

/** Null and 0 when there is none. */
export type Atom = { value: unknown; revision: number };

export type DraftSurroundings = {
  /** Values that the daemon keeps for all windows. */
  atoms: {
    get: (key: string) => Promise<Atom>;
    set: (key: string, value: string) => Promise<{ revision: number }>;
    delete: (key: string) => Promise<unknown>;
    onChanged: (listener: (atom: Atom & { key: string }) => void) => Unsubscribe;
  };
  /** What this window keeps over a reload. */
  memory: { get: () => Record<string, Kept> | undefined; set: (all: Record<string, Kept>) => void };
  now: () => number;
};

export class Drafts {
  /** A draft that was changed by another window. */
  readonly onText = new Listeners<{ threadId: string; text: string }>();
  private readonly kept: Map<string, Kept>;
  private readonly sending = new Set<string>();
  /** What the daemon said while our own was on its way. */
  private readonly heard = new Map<string, Atom>();
  private readonly unsubscribe: Unsubscribe;

  constructor(private readonly around: DraftSurroundings) {
    this.kept = new Map(Object.entries(around.memory.get() ?? {}));
    this.unsubscribe = around.atoms.onChanged(({ key, ...atom }) => {
      const threadId = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : NEW_THREAD;
      if (threadId !== NEW_THREAD && this.kept.has(threadId)) this.learn(threadId, atom);
    });
  }

  dispose(): void {
    this.unsubscribe();
  }

  text(threadId: string | null): string {
    return this.kept.get(threadId ?? NEW_THREAD)?.text ?? "";
  }

  /** The person wrote. */
  write(threadId: string | null, text: string): void {
    const before = this.kept.get(threadId ?? NEW_THREAD);
    if ((before?.text ?? "") === text) return;
    this.keep(threadId ?? NEW_THREAD, { text, revision: before?.revision ?? 0, dirty: threadId !== null });
    if (threadId !== null) void this.send(threadId);
  }

  /** A thread was begun, or forked from another: what was written goes along. */
  carry(from: string | null, to: string): void {
    const text = this.text(from);
    this.write(from, "");
    if (text) this.write(to, text);
  }

  /** A thread is shown: its draft may have been written elsewhere. */
  async open(threadId: string): Promise<void> {
    try {
      const atom = await this.around.atoms.get(PREFIX + threadId);
      if (!this.kept.has(threadId)) this.keep(threadId, { text: "", revision: 0, dirty: false });
      this.learn(threadId, atom);
    } catch {
      // Not connected, or no atoms there: the window's own memory serves.
    }
  }

  private learn(threadId: string, atom: Atom): void {
    const kept = this.kept.get(threadId);
    if (!kept) return;
    if (this.sending.has(threadId)) {
      this.heard.set(threadId, atom);
      return;
    }
    const text = typeof atom.value === "string" ? atom.value : "";
    if (kept.dirty) {
      this.keep(threadId, { ...kept, revision: atom.revision });
      void this.send(threadId);
      return;
    }
    if (atom.revision === kept.revision) return;
    this.keep(threadId, { text, revision: atom.revision, dirty: false });
    if (text !== kept.text) this.onText.fire({ threadId, text });
  }

  /** One at a time for each thread: what was written meanwhile goes next. */
  private async send(threadId: string): Promise<void> {
    if (this.sending.has(threadId)) return;
    this.sending.add(threadId);
    try {
      for (let kept = this.kept.get(threadId); kept?.dirty; kept = this.kept.get(threadId)) {
        const { text } = kept;
        const revision = await this.put(threadId, text);
        const now = this.kept.get(threadId);
        if (now) this.keep(threadId, { ...now, revision, dirty: now.text !== text });
      }
    } catch {
      // It stays dirty: the next word, or the next connection, sends it.
    } finally {
      this.sending.delete(threadId);
    }
    const heard = this.heard.get(threadId);
    this.heard.delete(threadId);
    const now = this.kept.get(threadId);
    if (heard && now && !now.dirty && heard.revision > now.revision) this.learn(threadId, heard);
  }

  /** Resolves with the revision that it has then: a draft that is empty leaves nothing behind. */
  private async put(threadId: string, text: string): Promise<number> {
    const { atoms } = this.around;
    if (text !== "") return (await atoms.set(PREFIX + threadId, text)).revision;
    await atoms.delete(PREFIX + threadId);
    return 0;
  }

  private keep(key: string, kept: Omit<Kept, "at">): void {
    this.kept.set(key, { ...kept, at: this.around.now() });
    if (this.kept.size > MOST_KEPT) {
      const [oldest] = [...this.kept].sort(([, a], [, b]) => Number(a.dirty) - Number(b.dirty) || a.at - b.at);
      if (oldest) this.kept.delete(oldest[0]);
    }
    this.around.memory.set(Object.fromEntries(this.kept));
  }
}
