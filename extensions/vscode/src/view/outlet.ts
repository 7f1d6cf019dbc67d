// The gate between the extension and its webview: what happens before the webview says that it is ready is kept, within
// bounds, and comes to it in order.

import type { ThreadChange, ThreadState } from "../protocol.generated";
import type { ToView, ViewPage } from "./messages";

/** Messages held for a webview that is not there; past this the oldest goes. */
const MOST_HELD = 100;

/** Messages that tell of an event. The page and the thread are states: they are read when they are sent. */
export type Told = Exclude<ToView, { type: "page" | "thread" | "changes" }>;

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
  private changes: ThreadChange[] = [];
  private held: Told[] = [];

  constructor(private readonly source: Source) {}

  get ready(): boolean {
    return this.open;
  }

  /** A webview is ready. It knows nothing: it gets the page and the thread whole, then what was held. */
  opened(): void {
    this.open = true;
    [this.pageDue, this.threadDue, this.changes] = [true, true, []];
    this.schedule();
  }

  /** There is no webview now. */
  closed(): void {
    this.open = false;
    this.changes = []; // The next one gets the whole thread.
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
    if (this.open) this.changes.push(...changes);
    this.schedule();
  }

  tell(message: Told): void {
    // Of these only the last one counts.
    if (message.type !== "unsent") this.held = this.held.filter(({ type }) => type !== message.type);
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
    const [changes, held] = [this.changes, this.held];
    if (this.threadDue) post({ type: "thread", thread: thread() });
    else if (changes.length > 0) post({ type: "changes", changes });
    if (this.pageDue) post({ type: "page", page: page() });
    for (const message of held) post(message);
    [this.pageDue, this.threadDue, this.changes, this.held] = [false, false, [], []];
  }
}
