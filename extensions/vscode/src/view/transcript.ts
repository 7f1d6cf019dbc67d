// One thread as the sidecar tells it: a snapshot, and the changes after it. The extension host and the webview run
// this same code, so that a change travels once and both end up with the same state.

import type {
  ItemState,
  Marker,
  Snapshot,
  ThreadChange,
  ThreadChanged,
  ThreadState,
  TurnState,
} from "../protocol.generated";

/** A text field has this many parts at the most. */
const MOST_PARTS = 1_000;

/** What applying a note came to. After `gap` and `reset` only a new snapshot helps. */
export type Applied = "applied" | "stale" | "gap" | "reset";

/** Applies changes in place. */
export function applyChanges(thread: ThreadState, changes: ThreadChange[]): void {
  for (const change of changes) applyChange(thread, change);
}

function applyChange(thread: ThreadState, change: ThreadChange): void {
  switch (change.op) {
    case "status":
      // Its `field` names another part of the thread's head: `name`, `cwd`, `model`.
      Object.assign(thread, { [change.field ?? "status"]: change.value });
      return;
    case "usage":
      thread.usage = change.value;
      return;
    case "turn":
      if (change.turnId !== undefined) mergeTurn(turnOf(thread, change.turnId), change.value as Partial<TurnState>);
      return;
    case "marker":
      if (change.turnId !== undefined) turnOf(thread, change.turnId).markers.push(change.value as Marker);
      return;
    case "item":
      if (change.turnId !== undefined && change.itemId !== undefined) {
        putItem(turnOf(thread, change.turnId), change.itemId, change.value as ItemState);
      }
      return;
    case "text":
      if (change.turnId !== undefined && change.itemId !== undefined) {
        const { items } = turnOf(thread, change.turnId);
        const at = items.findLastIndex((found) => found.itemId === change.itemId);
        const item = items[at];
        if (item) items[at] = withText(item, change.field ?? "text", change.append ?? "");
      }
      return;
    case "reset":
      return;
  }
}

/** Puts the items of an older page before what is here; a turn that was cut in two is made whole. */
export function prependItems(thread: ThreadState, older: ThreadState): void {
  const known = new Map(thread.turns.map((turn) => [turn.turnId, turn]));
  const before: TurnState[] = [];
  for (const turn of older.turns) {
    const here = known.get(turn.turnId);
    if (here) {
      const items = new Set(here.items.map(({ itemId }) => itemId));
      here.items = [...turn.items.filter(({ itemId }) => !items.has(itemId)), ...here.items];
    } else before.push({ ...turn });
  }
  thread.turns = [...before, ...thread.turns];
}

function turnOf(thread: ThreadState, turnId: string): TurnState {
  const found = thread.turns.findLast((turn) => turn.turnId === turnId);
  if (found) return found;
  const turn: TurnState = {
    turnId,
    status: "inProgress",
    error: null,
    startedAt: null,
    completedAt: null,
    items: [],
    markers: [],
  };
  thread.turns.push(turn);
  return turn;
}

function mergeTurn(turn: TurnState, value: Partial<TurnState>): void {
  Object.assign(turn, value, { turnId: turn.turnId });
}

function putItem(turn: TurnState, itemId: string, item: ItemState): void {
  const at = turn.items.findLastIndex((found) => found.itemId === itemId);
  if (at < 0) turn.items.push(item);
  else turn.items[at] = item;
}

/**
 * The item with text appended to a field such as `text` or `summary/0`, making what is not there yet. It is a new
 * object, so that a view sees which item changed.
 */
function withText(item: ItemState, field: string, append: string): ItemState {
  const [name, part] = field.split("/");
  if (name === undefined) return item;
  const before = item[name];
  if (part === undefined) return { ...item, [name]: (typeof before === "string" ? before : "") + append };
  const index = Number(part);
  if (!Number.isInteger(index) || index < 0 || index >= MOST_PARTS) return item;
  const list: unknown[] = Array.isArray(before) ? [...(before as unknown[])] : [];
  while (list.length <= index) list.push("");
  const text = list[index];
  list[index] = (typeof text === "string" ? text : "") + append;
  return { ...item, [name]: list };
}

/** A thread with its revision: knows which notes it has, and when it has missed one. */
export class Transcript {
  private constructor(
    readonly thread: ThreadState,
    public revision: number,
    public olderCursor: string | null,
  ) {}

  static of(snapshot: Snapshot): Transcript {
    return new Transcript(snapshot.thread, snapshot.revision, snapshot.olderCursor);
  }

  apply(note: ThreadChanged): Applied {
    if (note.revision <= this.revision) return "stale";
    if (note.revision !== this.revision + 1) return "gap";
    if (note.changes.some((change) => change.op === "reset")) return "reset";
    this.revision = note.revision;
    applyChanges(this.thread, note.changes);
    return "applied";
  }

  prepend(older: Snapshot): void {
    prependItems(this.thread, older.thread);
    this.olderCursor = older.olderCursor;
  }

  /** There are items before those that are here. */
  get hasOlder(): boolean {
    return this.olderCursor !== null;
  }

  get lastTurn(): TurnState | undefined {
    return this.thread.turns.at(-1);
  }

  /** The turn that runs now, if one does. */
  get activeTurn(): TurnState | undefined {
    const last = this.lastTurn;
    return last?.status === "inProgress" ? last : undefined;
  }
}
