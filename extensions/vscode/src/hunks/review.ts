// What Codex wrote and nobody has kept, undone or staged yet, in all files. The sidecar's list is the truth.

import { type Door, Listeners, type Unsubscribe } from "../door";
import type { FileReview } from "../protocol.generated";
import { CONTEXT, keyOf } from "./hunkFiles";

export class Review {
  readonly onChange = new Listeners<void>();
  private list: FileReview[] = [];
  /** Only the answer to the last question counts. */
  private question = 0;
  private subscriptions: Unsubscribe[] = [];

  constructor(private readonly door: Door) {}

  connect(): void {
    this.subscriptions = [
      this.door.onNote("outrigger/review/changed", () => void this.refresh()),
      this.door.onState(() => void this.refresh()),
      // With a run that is accepted or archived its worktree goes, and what was to be reviewed there.
      this.door.onNote(
        "outrigger/automation/runChanged",
        ({ run }) => run.worktree === null && this.list.length > 0 && void this.refresh(),
      ),
    ];
    void this.refresh();
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  get files(): FileReview[] {
    return this.list;
  }

  get count(): number {
    return this.list.reduce((sum, { hunks }) => sum + hunks.length, 0);
  }

  of(uri: string): FileReview | undefined {
    const key = keyOf(uri);
    return this.list.find((file) => keyOf(file.uri) === key);
  }

  async refresh(): Promise<void> {
    this.question += 1;
    const { question } = this;
    let files: FileReview[] = [];
    if (this.door.offers("outrigger/review/list")) {
      try {
        files = (await this.door.request("outrigger/review/list", { contextLines: CONTEXT })).files.filter(
          ({ hunks }) => hunks.length > 0,
        );
      } catch {
        // The sidecar went away: its next `running` asks again.
      }
    }
    if (question !== this.question || (this.list.length === 0 && files.length === 0)) return;
    this.list = files;
    this.onChange.fire();
  }
}
