// The messages that wait for the running turn to end. Outrigger keeps them, so they outlive this window; this is the
// copy of the open thread's that the view shows. No VS Code in it.

import { type Door, Listeners, type Refusal, refusalOf, textInput, type Unsubscribe } from "../door";
import type { QueuedMessage } from "../protocol.generated";

export type Waiting = { id: string; text: string };

export type QueueSurroundings = {
  door: Door;
  /** Says that something failed. */
  fail: (refusal: Refusal) => void;
  /** Puts a text back where the person writes. */
  putBack: (text: string) => void;
};

export class Queue {
  readonly onChange = new Listeners<void>();
  private threadId: string | null = null;
  private messages: Waiting[] = [];
  private readonly unsubscribe: Unsubscribe;

  constructor(private readonly around: QueueSurroundings) {
    this.unsubscribe = around.door.onNote("outrigger/thread/queue/changed", (note) => {
      if (note.threadId === this.threadId) this.set(note.messages);
    });
  }

  dispose(): void {
    this.unsubscribe();
  }

  get waiting(): Waiting[] {
    return this.messages;
  }

  /** Another thread is shown, or none. */
  select(threadId: string | null): void {
    if (threadId === this.threadId) return;
    this.threadId = threadId;
    this.set([]);
  }

  /** Reads what waits, once this session is told of the thread's changes. */
  async load(threadId: string): Promise<void> {
    try {
      const { messages } = await this.around.door.request("outrigger/thread/queue/list", { threadId });
      if (threadId === this.threadId) this.set(messages);
    } catch {
      // The sidecar went away: its next start reads it again.
    }
  }

  /** Leaves a message to be sent when the running turn has ended. */
  async add(text: string): Promise<void> {
    const { threadId } = this;
    if (threadId === null || !text.trim()) return;
    try {
      await this.around.door.request("outrigger/thread/queue/add", { threadId, input: textInput(text) });
    } catch (error) {
      this.around.putBack(text);
      this.around.fail(refusalOf(error));
    }
  }

  async remove(id: string): Promise<boolean> {
    const { threadId } = this;
    if (threadId === null) return false;
    try {
      await this.around.door.request("outrigger/thread/queue/remove", { threadId, id });
      return true;
    } catch (error) {
      this.around.fail(refusalOf(error));
      return false;
    }
  }

  /** Takes a message out of the queue and back to where it was written. */
  async edit(id: string): Promise<void> {
    const text = this.messages.find((message) => message.id === id)?.text;
    if (text !== undefined && (await this.remove(id))) this.around.putBack(text);
  }

  private set(messages: QueuedMessage[]): void {
    this.messages = messages.map(({ id, input }) => ({ id, text: textOf(input) }));
    this.onChange.fire();
  }
}

function textOf(input: unknown): string {
  const parts = Array.isArray(input) ? (input as { type?: unknown; text?: unknown }[]) : [];
  return parts
    .map(({ type, text }) => (typeof text === "string" ? text : `[${typeof type === "string" ? type : "attachment"}]`))
    .join("\n");
}
