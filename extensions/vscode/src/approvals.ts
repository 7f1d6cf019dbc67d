// What Codex waits for a person to decide. The sidecar's list and notes are the truth; this is the copy that the
// surfaces draw from.

import { t } from "./l10n";
import { type Door, Listeners, refusalOf, type Unsubscribe } from "./door";
import type { Approval, ApprovalResolved, HistoryEntry, HunkRef, HunksRefused } from "./protocol.generated";

/** How long an approval must have been on screen before a command without an id may decide it, in milliseconds. */
export const SEEN_AFTER_MS = 500;

/** What became of a decision made here. */
export type Decided =
  { result: "sent" } | { result: "late"; message: string } | { result: "failed"; message: string; hint: string | null };

/** `here`: by a decision of this window. */
export type Gone = { approval: Approval; resolved: ApprovalResolved; here: boolean };

/** Entries of the audit trail among which one that has just been written is looked for. */
const RECENT = 20;

export class Approvals {
  private readonly byId = new Map<string, Approval>();
  private readonly deciding = new Set<string>();
  /** Decided here; the word that it has ended is on its way. */
  private readonly decided = new Set<string>();
  /** Accepted in part here; the word that the rest was taken out is on its way. */
  private readonly partly = new Set<string>();
  private readonly shownSince = new Map<string, number>();
  private readonly ownThreads = new Set<string>();
  /** When something was decided here last: a key that is pressed twice must not decide what comes next. */
  private decidedAt = -Infinity;
  /** What the person was brought to last. */
  private broughtUp: string | null = null;
  private readonly changed = new Listeners<void>();
  private readonly resolved = new Listeners<Gone>();
  private readonly hunksRefused = new Listeners<HunksRefused>();
  private subscriptions: Unsubscribe[] = [];

  constructor(
    private readonly door: Door,
    private readonly folders: () => string[],
    private readonly now: () => number = Date.now,
  ) {}

  /** Listens, and takes the list whenever the sidecar comes up. What a dead sidecar asked is gone with it. */
  connect(): void {
    this.subscriptions = [
      this.door.onNote("outrigger/approval/requested", ({ approval }) => this.add(approval)),
      this.door.onNote("outrigger/approval/resolved", (note) => this.remove(note)),
      this.door.onNote("outrigger/approval/hunksRefused", (refused) => {
        if (this.partly.delete(refused.approvalId)) this.hunksRefused.fire(refused);
      }),
      this.door.onState((link) => {
        if (link.state === "running") void this.refresh();
        else this.replace([]);
      }),
    ];
    if (this.door.state.state === "running") void this.refresh();
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  async refresh(): Promise<void> {
    try {
      // Replies and notes come in the order the sidecar decided, so this list holds at the moment it is read.
      this.replace((await this.door.request("outrigger/approval/list", {})).approvals);
    } catch {
      // The sidecar went away or is not ready: its next `running` asks again.
    }
  }

  onChange(listener: () => void): Unsubscribe {
    return this.changed.add(listener);
  }

  onResolved(listener: (gone: Gone) => void): Unsubscribe {
    return this.resolved.add(listener);
  }

  /** What became of the hunks that were left out by a decision of this window. */
  onHunksRefused(listener: (refused: HunksRefused) => void): Unsubscribe {
    return this.hunksRefused.add(listener);
  }

  /** A thread that this window opened: its approvals prompt here wherever its folder is. */
  own(threadId: string): void {
    if (this.ownThreads.has(threadId)) return;
    this.ownThreads.add(threadId);
    this.changed.fire();
  }

  get(approvalId: string): Approval | undefined {
    return this.byId.get(approvalId);
  }

  /** Those that concern this window, the oldest first. */
  get pending(): Approval[] {
    return [...this.byId.values()].filter((a) => this.concerns(a)).sort((a, b) => a.requestedAt - b.requestedAt);
  }

  /** Those of other folders, which nobody is asked about here. */
  get elsewhere(): Approval[] {
    return [...this.byId.values()].filter((a) => !this.concerns(a)).sort((a, b) => a.requestedAt - b.requestedAt);
  }

  isDeciding(approvalId: string): boolean {
    return this.deciding.has(approvalId);
  }

  /** Says which approvals are on screen now. */
  show(approvalIds: Iterable<string>): void {
    const ids = new Set([...approvalIds].filter((id) => this.byId.has(id)));
    const before = [...this.shownSince.keys()];
    if (before.length === ids.size && before.every((id) => ids.has(id))) return;
    for (const id of before) if (!ids.has(id)) this.shownSince.delete(id);
    for (const id of ids) if (!this.shownSince.has(id)) this.shownSince.set(id, this.now());
    this.door.notify("outrigger/session/update", { shown: [...ids] });
    this.changed.fire();
  }

  get shown(): string[] {
    return [...this.shownSince.keys()];
  }

  /** The person was brought to an approval: keys are about it until they turn to another, or to none. */
  bringUp(approvalId: string | null): void {
    if (this.broughtUp === approvalId) return;
    this.broughtUp = approvalId;
    this.changed.fire();
  }

  /** What keys would be about, once it has been on screen long enough: the one brought up, else the only one. */
  get addressed(): Approval | undefined {
    const { pending } = this;
    const brought = pending.find(({ approvalId }) => approvalId === this.broughtUp);
    const one = brought ?? (pending.length === 1 ? pending[0] : undefined);
    return one && this.shownSince.has(one.approvalId) ? one : undefined;
  }

  /** The one approval that a command without an id may mean: it was on screen long enough to be read. */
  get unambiguous(): Approval | undefined {
    const one = this.addressed;
    const since = one && this.shownSince.get(one.approvalId);
    return since !== undefined && this.now() - Math.max(since, this.decidedAt) >= SEEN_AFTER_MS ? one : undefined;
  }

  async decide(approvalId: string, decision: unknown, refusedHunks: HunkRef[] = []): Promise<Decided> {
    if (!this.byId.has(approvalId)) return { result: "late", message: t("This was already decided.") };
    this.decidedAt = this.now();
    this.deciding.add(approvalId);
    this.decided.add(approvalId);
    if (refusedHunks.length > 0) this.partly.add(approvalId);
    this.changed.fire();
    try {
      const refused = refusedHunks.length > 0 ? { refusedHunks } : {};
      await this.door.request("outrigger/approval/decide", { approvalId, decision, ...refused });
      return { result: "sent" };
    } catch (error) {
      const refusal = refusalOf(error);
      this.decided.delete(approvalId);
      this.partly.delete(approvalId);
      if (refusal.kind === "approvalResolved" || refusal.kind === "approvalUnknown") {
        this.forget(approvalId);
        return { result: "late", message: refusal.message };
      }
      return { result: "failed", message: refusal.message, hint: refusal.hint };
    } finally {
      this.deciding.delete(approvalId);
      this.changed.fire();
    }
  }

  /** What was decided, from the audit trail; null when it does not say. */
  async decisionOf({ approvalId, threadId }: Approval): Promise<HistoryEntry | null> {
    try {
      const { entries } = await this.door.request("outrigger/approval/history", { threadId, limit: RECENT });
      return entries.find((entry) => entry.approval.approvalId === approvalId) ?? null;
    } catch {
      return null;
    }
  }

  private concerns(approval: Approval): boolean {
    if (approval.threadId === null || this.ownThreads.has(approval.threadId)) return true;
    const folders = this.folders();
    const places = [approval.cwd, ...(approval.changes ?? []).map((change) => change.uri)];
    return places.some((place) => place !== null && folders.some((folder) => isInside(pathOf(place), folder)));
  }

  private replace(approvals: Approval[]): void {
    this.byId.clear();
    for (const approval of approvals) this.byId.set(approval.approvalId, approval);
    for (const id of [...this.shownSince.keys()]) if (!this.byId.has(id)) this.shownSince.delete(id);
    for (const id of this.decided) if (!this.byId.has(id)) this.decided.delete(id);
    this.changed.fire();
  }

  private add(approval: Approval): void {
    this.byId.set(approval.approvalId, approval);
    this.changed.fire();
  }

  private remove(note: ApprovalResolved): void {
    const approval = this.byId.get(note.approvalId);
    const here = this.decided.delete(note.approvalId);
    if (!approval) return;
    this.forget(note.approvalId);
    this.resolved.fire({ approval, resolved: note, here });
    this.changed.fire();
  }

  private forget(approvalId: string): void {
    if (this.broughtUp === approvalId) this.broughtUp = null;
    this.byId.delete(approvalId);
    this.shownSince.delete(approvalId);
  }
}

function pathOf(place: string): string {
  if (!place.startsWith("file:")) return place;
  const { pathname } = new URL(place);
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname; // A name that is not UTF-8: its bytes stay encoded.
  }
}

/** One spelling for `/C:/a`, `c:\\a` and `C:/a/`. */
function spelled(path: string): string {
  return path
    .replaceAll("\\", "/")
    .replace(/^\/?([A-Za-z]):/, (_, drive: string) => `${drive.toLowerCase()}:`)
    .replace(/\/+$/, "");
}

function isInside(path: string, folder: string): boolean {
  const [inner, root] = [spelled(path), spelled(folder)];
  return inner === root || inner.startsWith(root + "/");
}
