// The messages that wait for the running turn to end. Outrigger keeps them, so they outlive this window; this is the
// copy of the open thread's that the view shows. No VS Code in it.

import { type Door, Listeners, type Refusal, refusalOf, type Unsubscribe, type UserInput } from "../door";
import type { QueuedMessage } from "../protocol.generated";
import { messageOf } from "./input";
import type { Message } from "./messages";

export type Waiting = { id: string } & Message;

export type QueueSurroundings = {
  door: Door;
  /** A message as the app-server takes it. */
  input: (message: Message) => UserInput[];
  /** Says that something failed. */
  fail: (refusal: Refusal) => void;
  /** Puts a message back where the person writes. */
  putBack: (message: Message) => void;
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
  async add(message: Message): Promise<void> {
    const { threadId } = this;
    const input = this.around.input(message);
    if (threadId === null || input.length === 0) return;
    try {
      await this.around.door.request("outrigger/thread/queue/add", { threadId, input });
    } catch (error) {
      this.around.putBack(message);
      this.around.fail(refusalOf(error));
    }
  }

  async remove(id: string): Promise<boolean> {
    const { threadId } = this;
    if (threadId === null) return false;
    return this.attempt(() => this.around.door.request("outrigger/thread/queue/remove", { threadId, id }));
  }

  /** Takes a message out of the queue and back to where it was written. */
  async edit(id: string): Promise<void> {
    const message = this.messages.find((waiting) => waiting.id === id);
    if (message !== undefined && (await this.remove(id))) this.around.putBack(message);
  }

  /** Puts the messages into another order; one that was sent meanwhile leaves it as it is. */
  async reorder(ids: string[]): Promise<void> {
    const { threadId } = this;
    if (threadId === null) return;
    await this.attempt(() => this.around.door.request("outrigger/thread/queue/reorder", { threadId, ids }));
  }

  private async attempt(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.around.fail(refusalOf(error));
      return false;
    }
  }

  private set(messages: QueuedMessage[]): void {
    this.messages = messages.map(({ id, input }) => ({ id, ...messageOf(input) }));
    this.onChange.fire();
  }
}
