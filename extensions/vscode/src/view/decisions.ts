// Who decided what in the open thread, by item: for the transcript to say where it was not decided here. No VS Code in it.

import type { Approvals } from "../approvals";
import { type Door, Listeners, type Unsubscribe } from "../door";
import type { HistoryEntry } from "../protocol.generated";
import { decidedWhere, decidedWord } from "../wording";

/** Entries of the audit trail that are read for a thread: its last ones. */
const MOST_ENTRIES = 200;

export class Decisions {
  readonly onChange = new Listeners<void>();
  private threadId: string | null = null;
  private words: Record<string, string> = {};
  /** Approvals that ended before the eyes of this window, and not by it. */
  private readonly elsewhere = new Set<string>();
  private readonly unsubscribe: Unsubscribe;

  constructor(
    private readonly door: Door,
    approvals: Approvals,
    /** The name that this editor goes by in `decidedBy`. */
    private readonly ownName: string,
  ) {
    this.unsubscribe = approvals.onResolved(({ approval, here }) => {
      if (approval.threadId === null || approval.threadId !== this.threadId) return;
      if (!here) this.elsewhere.add(approval.approvalId);
      void this.load(approval.threadId);
    });
  }

  dispose(): void {
    this.unsubscribe();
  }

  /** By item: "Accepted in Neovim". */
  get byItem(): Record<string, string> {
    return this.words;
  }

  /** Another thread is shown, or none. */
  select(threadId: string | null): void {
    if (threadId === this.threadId) return;
    this.threadId = threadId;
    this.words = {};
    this.elsewhere.clear();
    this.onChange.fire();
  }

  async load(threadId: string): Promise<void> {
    try {
      const { entries } = await this.door.request("outrigger/approval/history", { threadId, limit: MOST_ENTRIES });
      if (threadId !== this.threadId) return;
      // The newest first: it has the last word about its item, so it is written last.
      this.words = Object.fromEntries([...entries].reverse().flatMap((entry) => this.said(entry)));
      this.onChange.fire();
    } catch {
      // Without it the transcript still says what was done, if not by whom.
    }
  }

  private said({ approval, outcome, decision, decidedBy }: HistoryEntry): [string, string][] {
    if (outcome !== "decided" || approval.itemId === null) return [];
    const where = decidedWhere(decidedBy, this.ownName, this.elsewhere.has(approval.approvalId));
    return where ? [[approval.itemId, `${decidedWord(decision)} ${where}`]] : [];
  }
}
