// The list of threads, as the app-server tells it page by page, with what it says since. No VS Code in it.

import { type Door, type ListedThread, Listeners, type ReadState, refusalOf, type Unsubscribe } from "../door";
import { language, t } from "../l10n";

/** Threads of one page. */
const PAGE = 50;
/** The newest threads, in which a search looks for itself too. */
const SEARCHED = 100;
/** A deleted thread can be had back for this long, in milliseconds. */
export const UNDO_MS = 10_000;
/** The atom that has the pinned threads, for all windows. */
const PINNED = "threads/pinned";

export type ThreadRow = {
  threadId: string;
  name: string;
  /** The last part of its folder. */
  folder: string;
  /** It works in a folder of this window. */
  here: boolean;
  branch: string;
  /** Epoch milliseconds. */
  updatedAt: number;
  running: boolean;
  waiting: boolean;
  unread: boolean;
  pinned: boolean;
  archived: boolean;
  /** It goes when the time to undo that is over. */
  deleted: boolean;
};

export type ThreadsPage = {
  rows: ThreadRow[];
  loading: boolean;
  error: string | null;
  more: boolean;
  search: string;
  archived: boolean;
  everywhere: boolean;
  /** What the threads of the list are called, by id. */
  names: Record<string, string>;
};

export type ThreadsSurroundings = {
  door: Door;
  /** The folders of this window, the one that is worked in first. */
  folders: () => string[];
  later: (run: () => void, ms: number) => () => void;
};

export class Threads {
  readonly onChange = new Listeners<void>();
  private search = "";
  private archived = false;
  private everywhere = false;
  private listed: ListedThread[] = [];
  private read: Record<string, ReadState> = {};
  private pinned: string[] = [];
  private cursor: string | null = null;
  private loading = false;
  private error: string | null = null;
  /** Threads that are deleted when their time is over, each with what stops that. */
  private readonly leaving = new Map<string, { stop: () => void; archived: boolean }>();
  /** Goes up with every question: the answer to an older one is dropped. */
  private asked = 0;
  private stale = false;
  private shown = false;
  /** The thread that a person has before their eyes: what is said in it counts as read. */
  private reading: string | null = null;
  private readonly subscriptions: Unsubscribe[];

  constructor(private readonly around: ThreadsSurroundings) {
    const { door } = around;
    const again = () => this.refresh();
    this.subscriptions = [
      door.onNote("codex/thread/started", again),
      door.onNote("codex/thread/archived", again),
      door.onNote("codex/thread/unarchived", again),
      door.onNote("codex/thread/deleted", ({ threadId }) => this.drop(threadId)),
      door.onNote("codex/thread/status/changed", ({ threadId, status }) => {
        this.update(threadId, { status });
        if (status.type === "idle" || !this.listed.some(({ id }) => id === threadId)) again();
      }),
      door.onNote("codex/thread/name/updated", ({ threadId, threadName }) =>
        this.update(threadId, { name: threadName ?? null }),
      ),
      door.onNote("codex/thread/readState/changed", ({ threadId, readState }) => this.knowRead(threadId, readState)),
      door.onNote("outrigger/atom/changed", ({ key, value }) => {
        if (key === PINNED) this.setPinned(value);
      }),
    ];
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
    // What is archived by then stays so: nothing is deleted that could not be had back for as long as was said.
    for (const { stop } of this.leaving.values()) stop();
  }

  get page(): ThreadsPage {
    const { loading, error, search, archived, everywhere } = this;
    const rows = this.listed.map((thread) => this.row(thread));
    const names = Object.fromEntries(rows.map(({ threadId, name }) => [threadId, name]));
    return { rows, loading, error, more: this.cursor !== null, search, archived, everywhere, names };
  }

  /** The list is shown in place of a thread. */
  get listing(): boolean {
    return this.shown;
  }

  show(listing: boolean): void {
    if (listing === this.shown) return;
    this.shown = listing;
    this.onChange.fire();
    if (listing) void this.look("", false, this.everywhere);
  }

  /** A person looks at this thread now, or at none. */
  follow(threadId: string | null): void {
    if (threadId === this.reading) return;
    this.reading = threadId;
    this.markSeen();
  }

  private markSeen(): void {
    if (this.reading !== null) this.mark(this.reading, "read").catch(() => undefined); // It stays unread, no more.
  }

  /** Reads the first page, for a search. */
  async look(search = this.search, archived = this.archived, everywhere = this.everywhere): Promise<void> {
    [this.search, this.archived, this.everywhere] = [search, archived, everywhere];
    await this.ask(null);
  }

  async more(): Promise<void> {
    if (this.cursor !== null && !this.loading) await this.ask(this.cursor);
  }

  /** Reads which threads are pinned. */
  async loadPinned(): Promise<void> {
    try {
      this.setPinned((await this.around.door.request("outrigger/atom/get", { key: PINNED })).value);
    } catch {
      // Without it nothing is pinned.
    }
  }

  async pin(threadId: string, pinned: boolean): Promise<void> {
    const { door } = this.around;
    const { value, revision } = await door.request("outrigger/atom/get", { key: PINNED });
    const others = idsOf(value).filter((id) => id !== threadId);
    const next = pinned ? [threadId, ...others] : others;
    await door.request("outrigger/atom/set", { key: PINNED, value: next, ifRevision: revision });
    this.setPinned(next);
  }

  async rename(threadId: string, name: string): Promise<void> {
    await this.around.door.request("codex/thread/name/set", { threadId, name });
    this.update(threadId, { name });
  }

  async archive(threadId: string, archived: boolean): Promise<void> {
    const method = archived ? "codex/thread/archive" : "codex/thread/unarchive";
    await this.around.door.request(method, { threadId });
    this.drop(threadId);
  }

  /** It is archived at once, and deleted when the time to undo that is over: a window that closes deletes nothing. */
  async delete(threadId: string): Promise<void> {
    const { door, later } = this.around;
    const { archived } = this;
    if (this.leaving.has(threadId)) return;
    if (!archived) await door.request("codex/thread/archive", { threadId });
    const stop = later(() => void this.deleteNow(threadId), UNDO_MS);
    this.leaving.set(threadId, { stop, archived });
    this.onChange.fire();
  }

  async restore(threadId: string): Promise<void> {
    const leaving = this.leaving.get(threadId);
    if (!leaving) return;
    leaving.stop();
    this.leaving.delete(threadId);
    if (!leaving.archived) await this.around.door.request("codex/thread/unarchive", { threadId });
    this.onChange.fire();
  }

  /** Says up to where a thread was read. What another window says at the same moment is as good. */
  async mark(threadId: string, type: "read" | "unread"): Promise<void> {
    const state = this.read[threadId];
    if (!state || (type === "read") !== isUnread(state)) return;
    const params = { threadId, expectedRevision: state.revision, operation: { type } };
    const { readState } = await this.around.door.request("codex/thread/readState/update", params);
    this.knowRead(threadId, readState);
  }

  private async deleteNow(threadId: string): Promise<void> {
    this.leaving.delete(threadId);
    try {
      await this.around.door.request("codex/thread/delete", { threadId });
      this.drop(threadId);
    } catch (error) {
      this.error = t("The thread is archived, but it was not deleted: {0}", refusalOf(error).message);
      this.onChange.fire();
    }
  }

  /** Something is another way now: the list is read again, once at a time. */
  private refresh(): void {
    if (this.loading) this.stale = true;
    else void this.ask(null);
  }

  private async ask(cursor: string | null): Promise<void> {
    const token = ++this.asked;
    const { door } = this.around;
    const folders = this.around.folders();
    [this.loading, this.error, this.stale] = [true, null, false];
    this.onChange.fire();
    try {
      const within = {
        ...(folders.length === 0 || this.everywhere ? {} : { cwd: folders.length === 1 ? folders[0] : folders }),
        ...(this.archived ? { archived: true } : {}),
      };
      const word = this.search.trim();
      const ask = (more: { limit: number; cursor?: string; searchTerm?: string }) =>
        door.request("codex/thread/list", { ...within, ...more });
      const [{ data, nextCursor, readStates }, recent] = await Promise.all([
        ask({ limit: PAGE, ...(cursor === null ? {} : { cursor }), ...(word ? { searchTerm: word } : {}) }),
        // Codex's own search tells capital letters from small ones.
        word && cursor === null ? ask({ limit: SEARCHED }) : null,
      ]);
      const also = recent?.data.filter(({ name, preview }) => has(`${name ?? ""}\n${preview}`, word)) ?? [];
      if (token !== this.asked) return;
      const staying = cursor === null ? this.listed.filter(({ id }) => this.leaving.has(id)) : this.listed;
      const known = new Set(staying.map(({ id }) => id));
      const fresh = [...new Map([...data, ...also].map((thread) => [thread.id, thread])).values()].filter(
        ({ id }) => !known.has(id),
      );
      this.listed = cursor === null ? sorted([...fresh, ...staying]) : [...staying, ...fresh];
      this.read = { ...(cursor === null ? {} : this.read), ...recent?.readStates, ...readStates };
      this.cursor = nextCursor;
      this.markSeen();
    } catch (error) {
      if (token !== this.asked) return;
      this.error = refusalOf(error).message;
    }
    this.loading = false;
    this.onChange.fire();
    if (this.isStale()) void this.ask(null);
  }

  /** Something was told while the list was on its way. */
  private isStale(): boolean {
    return this.stale;
  }

  private update(threadId: string, part: Partial<ListedThread>): void {
    if (!this.listed.some(({ id }) => id === threadId)) return;
    this.listed = this.listed.map((thread) => (thread.id === threadId ? { ...thread, ...part } : thread));
    this.onChange.fire();
  }

  private drop(threadId: string): void {
    if (this.leaving.has(threadId)) return;
    this.listed = this.listed.filter(({ id }) => id !== threadId);
    this.onChange.fire();
  }

  private knowRead(threadId: string, state: ReadState): void {
    this.read = { ...this.read, [threadId]: state };
    this.onChange.fire();
    if (threadId === this.reading) this.markSeen();
  }

  private setPinned(value: unknown): void {
    this.pinned = idsOf(value);
    this.onChange.fire();
  }

  private row(thread: ListedThread): ThreadRow {
    const { id, status } = thread;
    const state = this.read[id];
    return {
      threadId: id,
      name: thread.name ?? withoutEnvelope(thread.preview),
      folder: thread.cwd.split(/[/\\]/).filter(Boolean).at(-1) ?? thread.cwd,
      here: this.around.folders().includes(thread.cwd),
      branch: thread.gitInfo?.branch ?? "",
      updatedAt: thread.updatedAt * 1_000,
      running: status?.type === "active",
      waiting: (status?.activeFlags ?? []).length > 0,
      unread: state !== undefined && isUnread(state),
      pinned: this.pinned.includes(id),
      archived: this.archived,
      deleted: this.leaving.has(id),
    };
  }
}

function sorted(threads: ListedThread[]): ListedThread[] {
  return threads.sort((a, b) => b.updatedAt - a.updatedAt);
}

function has(text: string, word: string): boolean {
  return text.toLowerCase().includes(word.toLowerCase());
}

function isUnread({ firstUnread }: ReadState): boolean {
  return firstUnread !== null && firstUnread !== undefined;
}

function idsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : [];
}

/** What an automation's run is told begins with several lines about the automation; its name is enough of a title. */
export function withoutEnvelope(preview: string): string {
  return preview.replace(/^Automation: (.*)\nAutomation ID: [\s\S]*$/, "$1");
}

/** How long ago something was, in a word or two. Times are epoch milliseconds. */
export function agoText(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return t("Just now");
  if (minutes < 60) return t("{0} min ago", minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return t("{0} h ago", hours);
  const days = Math.floor(hours / 24);
  if (days === 1) return t("Yesterday");
  return days < 7 ? t("{0} days ago", days) : new Date(at).toLocaleDateString(language(), { dateStyle: "medium" });
}
