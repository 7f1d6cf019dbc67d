// What runs brought, until the person has seen to it. No VS Code in it.

import { type Door, Listeners, type Unsubscribe } from "../door";
import type { InboxItem } from "../protocol.generated";

/** Items that are laid over an answer that is on its way. */
const TOLD = 100;

export class Inbox {
  readonly onChange = new Listeners<void>();
  private list: InboxItem[] = [];
  /** Only the answer to the last question counts. */
  private question = 0;
  /** Told since the list was last read: an answer that is on its way may be older. */
  private told: InboxItem[] = [];
  private subscriptions: Unsubscribe[] = [];

  constructor(private readonly door: Door) {}

  connect(): void {
    this.subscriptions = [
      this.door.onState(() => void this.refresh()),
      this.door.onNote("outrigger/inbox/changed", ({ item }) => this.take(item)),
      // Who accepts or archives a run has seen its item; that is not told by itself.
      this.door.onNote("outrigger/automation/runChanged", ({ run }) => {
        if (run.status === "ACCEPTED" || run.status === "ARCHIVED") void this.refresh();
      }),
    ];
    void this.refresh();
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** The newest first. */
  get items(): InboxItem[] {
    return this.list;
  }

  get unread(): number {
    return this.list.filter(({ readAt }) => readAt === null).length;
  }

  get(id: string): InboxItem | undefined {
    return this.list.find((item) => item.id === id);
  }

  /** The person sees an item: it is read in every window. Rejects when that can't be kept. */
  async read({ id, readAt }: InboxItem): Promise<void> {
    if (readAt === null) this.take((await this.door.request("outrigger/inbox/markRead", { id })).item);
  }

  async archive({ id }: InboxItem): Promise<void> {
    this.take((await this.door.request("outrigger/inbox/archive", { id })).item);
  }

  async refresh(): Promise<void> {
    this.question += 1;
    const { question } = this;
    if (this.door.state.state === "starting") return; // What was shown stays while a sidecar is replaced.
    let items: InboxItem[] = [];
    if (this.door.offers("outrigger/inbox/list")) {
      try {
        ({ items } = await this.door.request("outrigger/inbox/list", {}));
      } catch {
        return; // The sidecar went away: its next `running` asks again.
      }
    }
    if (question !== this.question) return;
    const ids = new Set(this.told.map(({ id }) => id));
    this.list = sorted([...items.filter(({ id }) => !ids.has(id)), ...this.told]);
    this.told = [];
    this.onChange.fire();
  }

  private take(item: InboxItem): void {
    const others = (items: InboxItem[]) => items.filter(({ id }) => id !== item.id);
    this.told = [...others(this.told), item].slice(-TOLD);
    this.list = sorted([...others(this.list), item]);
    this.onChange.fire();
  }
}

function sorted(items: InboxItem[]): InboxItem[] {
  return items.filter(({ archivedAt }) => archivedAt === null).toSorted((a, b) => b.createdAt - a.createdAt);
}
