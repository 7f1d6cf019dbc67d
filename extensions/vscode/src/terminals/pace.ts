// How far the screen has come with what it was given. VS Code doesn't say; but a terminal answers "are you well?" when
// it comes to the question, so questions are put into the stream and their answers taken out of the input. No VS Code
// in it.

import { Sequences } from "./sequences";

const QUESTION = "\x1b[5n";
/** Also that of a terminal which isn't well: VS Code's never says so. */
const ANSWER = "\x1b[0n";
/** A question for so much, in UTF-16 code units. */
const EVERY = 4_000;
/** Below this the sidecar reads on: what comes after the last question must not keep it waiting. */
const MOST_OPEN = 5_000;
export type Paced = {
  /** What the terminal is given. */
  text: string;
  /** Up to here it counts as shown, without being asked. */
  shown: number | null;
};

/** The pace of one attachment: begins anew with each. */
export class Pace {
  private readonly sequences = new Sequences();
  /** Questions on their way: ours by where they stand in the stream, null for one of the program's own. */
  private readonly asked: (number | null)[] = [];
  /** Up to here it was asked. */
  private covered: number;

  constructor(from: number) {
    this.covered = from;
  }

  /** Whether the terminal owes an answer to us. */
  get waits(): boolean {
    return this.asked.some((offset) => offset !== null);
  }

  /** The part of the stream at `offset`, with questions in it. */
  feed(data: string, offset: number): Paced {
    const { safe, questions } = this.sequences.scan(data);
    const at = safe >= 0 && offset + safe - this.covered >= EVERY ? safe : -1;
    const before = questions.filter((question) => question <= at).length;
    this.asked.push(...questions.slice(0, before).map(() => null));
    if (at >= 0) {
      this.covered = offset + at;
      this.asked.push(this.covered);
    }
    this.asked.push(...questions.slice(before).map(() => null));
    const text = at < 0 ? data : data.slice(0, at) + QUESTION + data.slice(at);
    // Nothing can be put into a long sequence, an image for one: what has come of it counts as shown.
    const end = offset + data.length;
    if (end - this.covered < MOST_OPEN) return { text, shown: null };
    this.covered = end;
    return { text, shown: end };
  }

  /** What the terminal says: what of it is for the program, and how far it has come. */
  hear(data: string): { rest: string; shown: number | null } {
    let [rest, shown] = ["", null as number | null];
    let at = 0;
    for (let found = data.indexOf(ANSWER); found >= 0; found = data.indexOf(ANSWER, at)) {
      rest += data.slice(at, found);
      at = found + ANSWER.length;
      const asked = this.asked.shift();
      if (typeof asked === "number") shown = asked;
      else rest += ANSWER;
    }
    return { rest: rest + data.slice(at), shown };
  }
}
