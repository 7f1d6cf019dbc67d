// The time, read at one place, so that a test can bring its own.

export type Clock = {
  /** Epoch milliseconds. */
  now: () => number;
  /** Calls `act` every `ms` milliseconds until the returned function is called. */
  every: (ms: number, act: () => void) => () => void;
};

export const systemClock: Clock = {
  now: Date.now,
  every: (ms, act) => {
    const timer = setInterval(act, ms);
    return () => clearInterval(timer);
  },
};
