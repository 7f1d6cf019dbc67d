// How often a sidecar that dies is started again before a person is asked.

const RESTARTS = 4;
const WINDOW_MS = 3 * 60_000;

export class RestartBudget {
  private spent: number[] = [];

  constructor(private readonly now: () => number = Date.now) {}

  /** True if one more restart is within the budget, which it then takes. */
  spend(): boolean {
    const now = this.now();
    this.spent = this.spent.filter((at) => now - at < WINDOW_MS);
    if (this.spent.length >= RESTARTS) return false;
    this.spent.push(now);
    return true;
  }

  renew(): void {
    this.spent = [];
  }
}
