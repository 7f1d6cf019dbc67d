// The text in the composer and the thread that it is meant for: kept where a hidden webview finds it again, and told to
// the extension when writing pauses. No DOM in it.

/** Writing must pause this long before the extension is told of the draft, in milliseconds. */
const TELL_MS = 300;

/** `told`: the extension has this text, so what it says later is newer. */
export type KeptDraft = { threadId: string | null; text: string; told: boolean };

export type DraftSurroundings = {
  kept: KeptDraft | undefined;
  keep: (kept: KeptDraft) => void;
  tell: (threadId: string | null, text: string) => void;
};

export class Draft {
  private state: KeptDraft;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly around: DraftSurroundings) {
    this.state = around.kept ?? { threadId: null, text: "", told: true };
    if (!this.state.told) this.tellSoon();
  }

  get text(): string {
    return this.state.text;
  }

  /** The person wrote. */
  write(text: string): void {
    this.set({ ...this.state, text, told: false });
    this.tellSoon();
  }

  /** The text is on its way: nothing of it is a draft any more. */
  clear(): void {
    this.set({ ...this.state, text: "", told: false });
    this.tell();
  }

  /** Puts a text before what is written. */
  putBack(text: string): void {
    this.write(this.text.trim() ? `${text}\n${this.text}` : text);
  }

  /** Another thread is shown. One that began here, or is a copy, takes the text along; else its own is on its way. */
  turnTo(threadId: string | null, cameFrom: string | null | undefined): void {
    if (threadId === this.state.threadId) return;
    const { threadId: left, text } = this.state;
    const carries = cameFrom === left && text !== "";
    if (carries) this.set({ threadId: left, text: "", told: false });
    this.tell();
    this.set({ threadId, text: carries ? text : "", told: !carries });
    this.tell();
  }

  /** What the extension has for a thread. A person who is writing is not interrupted. */
  offer(threadId: string | null, text: string, writing: boolean): void {
    if (threadId !== this.state.threadId || !this.state.told || (writing && this.text !== "")) return;
    this.set({ threadId, text, told: true });
  }

  /** Tells the extension now, if it has not got the text yet. */
  tell(): void {
    clearTimeout(this.timer);
    if (this.state.told) return;
    this.around.tell(this.state.threadId, this.state.text);
    this.set({ ...this.state, told: true });
  }

  private tellSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), TELL_MS);
  }

  private set(state: KeptDraft): void {
    this.state = state;
    this.around.keep(state);
  }
}
