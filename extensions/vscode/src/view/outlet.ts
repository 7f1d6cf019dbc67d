// The gate between the extension and its webview: what happens before the webview says that it is ready is kept, within
// bounds, and comes to it in order.

import type { ThreadChange, ThreadState } from "../protocol.generated";
import type { ToView, ViewPage } from "./messages";

/** Messages held for a webview that is not there; past this the oldest goes. */
const MOST_HELD = 100;

/** Messages that tell of an event. The page and the thread are states: they are read when they are sent. */
export type Told = Exclude<ToView, { type: "language" | "page" | "thread" | "changes" | "older" }>;
type Older = Extract<ToView, { type: "older" }>;

export type Source = {
  page: () => ViewPage;
  thread: () => ThreadState | null;
  post: (message: ToView) => void;
  /** Calls back soon, once, however much is gathered until then. */
  later: (flush: () => void) => void;
};

export class Outlet {
  private open = false;
  private scheduled = false;
  private pageDue = false;
  private threadDue = false;
  /** What became of the thread since the last time, in order. */
  private happened: ({ type: "changes"; changes: ThreadChange[] } | Older)[] = [];
  private held: Told[] = [];

  constructor(private readonly source: Source) {}

  get ready(): boolean {
    return this.open;
  }

  /** A webview is ready. It knows nothing: it gets the page and the thread whole, then what was held. */
  opened(): void {
    this.open = true;
    [this.pageDue, this.threadDue, this.happened] = [true, true, []];
    this.schedule();
  }

  /** There is no webview now. */
  closed(): void {
    this.open = false;
    this.happened = []; // The next one gets the whole thread.
  }

  page(): void {
    this.pageDue = true;
    this.schedule();
  }

  thread(): void {
    this.threadDue = true;
    this.schedule();
  }

  changed(changes: ThreadChange[]): void {
    if (!this.open) return;
    const last = this.happened.at(-1);
    if (last?.type === "changes") for (const change of changes) join(last.changes, change);
    else this.happened.push({ type: "changes", changes: changes.map((change) => ({ ...change })) });
    this.schedule();
  }

  older(message: Older): void {
    if (this.open) this.happened.push(message);
    this.schedule();
  }

  tell(message: Told): void {
    // Of these only the last one counts.
    const each = message.type === "unsent" || message.type === "picture" || message.type === "insert";
    if (!each) this.held = this.held.filter(({ type }) => type !== message.type);
    this.held.push(message);
    if (this.held.length > MOST_HELD) this.held.shift();
    this.schedule();
  }

  private schedule(): void {
    if (!this.open || this.scheduled) return;
    this.scheduled = true;
    this.source.later(() => {
      this.scheduled = false;
      if (this.open) this.flush();
    });
  }

  private flush(): void {
    const { post, page, thread } = this.source;
    const [happened, held] = [this.happened, this.held];
    if (this.threadDue) post({ type: "thread", thread: thread() });
    else for (const message of happened) post(message);
    if (this.pageDue) post({ type: "page", page: page() });
    for (const message of held) post(message);
    [this.pageDue, this.threadDue, this.happened, this.held] = [false, false, [], []];
  }
}

/** Adds a change; what is added to the same text as the one before it becomes one with that. */
function join(changes: ThreadChange[], change: ThreadChange): void {
  const last = changes.at(-1);
  const same =
    last?.op === "text" &&
    change.op === "text" &&
    last.itemId === change.itemId &&
    last.turnId === change.turnId &&
    last.field === change.field;
  if (same) last.append = (last.append ?? "") + (change.append ?? "");
  else changes.push({ ...change });
}
