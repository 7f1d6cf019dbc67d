// The hunks of the files that are on screen. The sidecar's list is the truth; this is the copy that lenses and marks
// are drawn from, asked for again whenever something may have changed. No VS Code in it.

import { type Door, Listeners, refusalOf, type Unsubscribe } from "../door";
import type { FileHunks } from "../protocol.generated";

/**
 * Unchanged lines around a hunk. With git's three, changes up to six lines apart are one hunk; in an editor, where the
 * lines around are in sight, each is looked at by itself.
 */
export const CONTEXT = 1;
/** What happens to a file within this many milliseconds is one question. */
const GATHER_MS = 30;

type Known = { uri: string; hunks: FileHunks | null; asked: boolean; again: boolean; waits: boolean };

/** One spelling of a URI, whoever encoded it. */
export function keyOf(uri: string): string {
  let plain = uri;
  try {
    plain = decodeURIComponent(uri);
  } catch {
    // A name that is not UTF-8: its bytes stay encoded.
  }
  return plain.replace(/^file:\/\/\/([A-Z]):/, (_, drive: string) => `file:///${drive.toLowerCase()}:`);
}

export class HunkFiles {
  /** Fires with the URI of a file whose hunks are others now, as it was asked for. */
  readonly onChange = new Listeners<string>();
  private readonly known = new Map<string, Known>();
  /** Goes up with every new connection: what an earlier one answers says nothing any more. */
  private connection = 0;
  private subscriptions: Unsubscribe[] = [];

  constructor(
    private readonly door: Door,
    private readonly later: (act: () => void, ms: number) => void = (act, ms) => void setTimeout(act, ms),
  ) {}

  connect(): void {
    this.subscriptions = [
      this.door.onNote("outrigger/hunk/changed", ({ uri, revision }) => {
        const known = this.known.get(keyOf(uri));
        if (known && revision > (known.hunks?.revision ?? -1)) this.refresh(uri);
      }),
      this.door.onNote("outrigger/review/changed", () => this.refreshAll()),
      this.door.onState(() => this.reconnect()),
    ];
    this.reconnect();
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** These are on screen; of others nothing is kept. */
  follow(uris: Iterable<string>): void {
    const wanted = new Map([...uris].map((uri) => [keyOf(uri), uri]));
    for (const key of this.known.keys()) if (!wanted.has(key)) this.known.delete(key);
    for (const [key, uri] of wanted) {
      if (this.known.has(key)) continue;
      this.known.set(key, { uri, hunks: null, asked: false, again: false, waits: false });
      this.refresh(uri);
    }
  }

  of(uri: string): FileHunks | null {
    return this.known.get(keyOf(uri))?.hunks ?? null;
  }

  /** The hunks as they are now, of any file; null where it has none to tell. */
  async ask(uri: string): Promise<FileHunks | null> {
    const { connection } = this;
    try {
      const hunks = await this.door.request("outrigger/hunk/list", { uri, contextLines: CONTEXT });
      if (connection === this.connection) this.take(hunks);
      return hunks;
    } catch {
      return null; // Not in a repository, not granted, or the sidecar went away.
    }
  }

  private take(hunks: FileHunks): void {
    const known = this.known.get(keyOf(hunks.uri));
    if (!known || (known.hunks && hunks.revision < known.hunks.revision)) return;
    known.hunks = hunks;
    this.onChange.fire(known.uri);
  }

  refresh(uri: string): void {
    const known = this.known.get(keyOf(uri));
    if (!known || known.waits) return;
    known.waits = true;
    this.later(() => {
      known.waits = false;
      void this.load(known);
    }, GATHER_MS);
  }

  refreshAll(): void {
    for (const { uri } of this.known.values()) this.refresh(uri);
  }

  private reconnect(): void {
    this.connection += 1;
    for (const known of this.known.values()) {
      const had = known.hunks !== null;
      Object.assign(known, { hunks: null, asked: false, again: false });
      if (had) this.onChange.fire(known.uri);
    }
    this.refreshAll();
  }

  private async load(known: Known): Promise<void> {
    if (this.known.get(keyOf(known.uri)) !== known || !this.door.offers("outrigger/hunk/list")) return;
    if (known.asked) {
      known.again = true;
      return;
    }
    const { connection } = this;
    known.asked = true;
    try {
      this.take(await this.answerOf(known.uri, connection));
    } catch (error) {
      // It is in no repository, or not ours to look into: there are no hunks.
      if (connection === this.connection && known.hunks && refusalOf(error).kind !== null) {
        known.hunks = null;
        this.onChange.fire(known.uri);
      }
    }
    if (connection !== this.connection) return;
    known.asked = false;
    if (known.again) {
      known.again = false;
      this.refresh(known.uri);
    }
  }

  private async answerOf(uri: string, connection: number): Promise<FileHunks> {
    const hunks = await this.door.request("outrigger/hunk/list", { uri, contextLines: CONTEXT });
    if (connection !== this.connection) throw new Error("An answer from before the connection was lost.");
    return hunks;
  }
}
