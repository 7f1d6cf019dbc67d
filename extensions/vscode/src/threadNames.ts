// What threads are called, asked once each. No VS Code in it.

import type { Door } from "./door";
import { baseName } from "./wording";

/** Names that are kept. */
const MOST = 200;

export class ThreadNames {
  private readonly known = new Map<string, Promise<string | null>>();

  constructor(private readonly door: Door) {}

  /** Its name; null where it has none, or can't be read. Never its content. */
  of(threadId: string): Promise<string | null> {
    const known = this.known.get(threadId);
    if (known) return known;
    const asked = this.ask(threadId);
    this.known.set(threadId, asked);
    const [oldest] = this.known.keys();
    if (this.known.size > MOST && oldest !== undefined) this.known.delete(oldest);
    return asked;
  }

  private async ask(threadId: string): Promise<string | null> {
    try {
      const { thread } = await this.door.request("outrigger/thread/snapshot", { threadId, limit: 1 });
      if (thread.name !== null) return thread.name;
    } catch {
      // Asked again with the next approval.
    }
    this.known.delete(threadId); // It may be named later.
    return null;
  }
}

/** A thread by its name, else by its folder. */
export function threadWords(name: string | null, cwd: string | null): string | null {
  return name ?? (cwd === null ? null : baseName(cwd));
}
