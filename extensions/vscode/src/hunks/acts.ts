// What a person does with hunks: sent, and what came of it. No VS Code in it.

import { type Door, type Refusal, refusalOf } from "../door";
import type { HunkTarget, JournalEntry } from "../protocol.generated";
import type { HunkFiles } from "./hunkFiles";
import type { Review } from "./review";

export type Act = "keep" | "stage" | "unstage" | "revert";

/** `journalId` takes it back; null where nothing was to be done. */
export type Acted = { done: true; journalId: string | null } | { done: false; refusal: Refusal };

/** Entries of the journal among which the last act is looked for. */
const RECENT = 100;

export class HunkActs {
  constructor(
    private readonly door: Door,
    private readonly files: HunkFiles,
    private readonly review: Review,
  ) {}

  /** Hunks of one file, all of them or none; `revision`: of the list in which their lines are counted. */
  hunks(act: Act, uri: string, targets: HunkTarget[], revision?: number): Promise<Acted> {
    return this.settle(uri, async () => {
      if (act === "keep") return this.door.request("outrigger/hunk/keep", { uri, targets });
      return this.door.request(`outrigger/hunk/${act}`, {
        uri,
        targets,
        ...(revision === undefined ? {} : { revision }),
        answer: "ids",
      });
    });
  }

  /** A file as a whole, its mode and what is not text included. */
  file(act: "stage" | "unstage" | "revert", uri: string): Promise<Acted> {
    return this.settle(uri, () => this.door.request(`outrigger/file/${act}`, { uri, answer: "ids" }));
  }

  /** Takes an act of the journal back. */
  undo(journalId: string): Promise<Acted> {
    return this.settle(null, () => this.door.request("outrigger/hunk/undo", { journalId }));
  }

  async journal(limit = RECENT): Promise<JournalEntry[]> {
    return (await this.door.request("outrigger/hunk/journal", { limit })).entries;
  }

  /** Whatever came of it, the lists are asked for again: a refusal says that they were old. */
  private async settle(uri: string | null, act: () => Promise<{ journalId: string }>): Promise<Acted> {
    try {
      return { done: true, journalId: (await act()).journalId };
    } catch (error) {
      return { done: false, refusal: refusalOf(error) };
    } finally {
      if (uri === null) this.files.refreshAll();
      else this.files.refresh(uri);
      void this.review.refresh();
    }
  }
}

/** The last act that was not taken back and takes nothing back itself: what Undo Last means. */
export function lastAct(entries: JournalEntry[]): JournalEntry | undefined {
  return entries.find(({ action, undoneBy }) => action !== "undo" && undoneBy === null);
}
