// How often something that dies is started again before a person is asked.

export class RestartBudget {
  private spent: number[] = [];

  /** Allows `restarts` within `windowMs` milliseconds. */
  constructor(
    private readonly restarts: number,
    private readonly windowMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** True if one more restart is within the budget, which it then takes. */
  spend(): boolean {
    const now = this.now();
    this.spent = this.spent.filter((at) => now - at < this.windowMs);
    if (this.spent.length >= this.restarts) return false;
    this.spent.push(now);
    return true;
  }

  renew(): void {
    this.spent = [];
  }
}
