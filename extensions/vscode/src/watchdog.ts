// Whether the other side still answers: a question at every beat, and what to do once three in a row went without an
// answer. It watches the sidecar, and the webview likewise.

import { type Clock, systemClock } from "./clock";

const BEAT_MS = 10_000;
const MISSES = 3;
/**
 * A beat that comes later (or earlier) than this, in milliseconds, says nothing about the other side: the machine
 * slept, its clock was set, or this very process was held up, and the answer may lie unread.
 */
const JUMP_MS = BEAT_MS / 2;

export type Watched = {
  /** Asks the other side. Any answer will do, a refusal too. */
  ask: () => Promise<unknown>;
  /** Called once, when it stopped answering; the watch has ended then. */
  dead: () => void;
};

export class Watchdog {
  private silence: (() => void) | null = null;
  private due = 0;
  private missed = 0;
  private waiting = false;
  /** Goes up with every watch: an answer to a question of an older one says nothing. */
  private watch = 0;

  constructor(
    private readonly watched: Watched,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Begins to watch, or goes on. */
  start(): void {
    if (this.silence) return;
    [this.missed, this.waiting] = [0, false];
    this.due = this.clock.now() + BEAT_MS;
    this.silence = this.clock.every(BEAT_MS, () => this.beat());
  }

  stop(): void {
    this.silence?.();
    this.silence = null;
    this.watch += 1;
  }

  private beat(): void {
    const now = this.clock.now();
    const jumped = Math.abs(now - this.due) > JUMP_MS;
    this.due = now + BEAT_MS;
    if (jumped) this.missed = 0;
    else if (this.waiting) this.missed += 1;
    if (this.missed >= MISSES) {
      this.stop();
      this.watched.dead();
    } else if (!this.waiting) this.ask();
  }

  private ask(): void {
    const { watch } = this;
    this.waiting = true;
    const answered = () => {
      if (watch === this.watch) [this.waiting, this.missed] = [false, 0];
    };
    this.watched.ask().then(answered, answered);
  }
}
