// A clock that stands until a test moves it.

import type { Clock } from "../src/clock";

type Timer = { every: number; due: number; act: () => void };

export class FakeClock implements Clock {
  /** What the wall shows. */
  private wall = 1_000_000;
  /** What timers go by: it stands while the machine sleeps. */
  private running = 0;
  private readonly timers = new Set<Timer>();

  readonly now = (): number => this.wall;

  readonly every = (ms: number, act: () => void): (() => void) => {
    const timer = { every: ms, due: this.running + ms, act };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  /** Lets time pass, second by second, with what waits for answers going on in between. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.wall += 1_000;
      this.running += 1_000;
      for (const timer of [...this.timers]) {
        if (timer.due > this.running) continue;
        timer.due += timer.every;
        timer.act();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The machine sleeps, or its clock is set: the wall moves, the timers do not. */
  jump(seconds: number): void {
    this.wall += seconds * 1_000;
  }
}
