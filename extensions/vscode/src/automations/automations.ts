// The automations, the definitions that cannot be used, and the runs. The sidecar is the truth; this is the copy that is
// drawn. No VS Code in it.

import { type Door, Listeners, refusalOf, type Unsubscribe } from "../door";
import type { Automation, AutomationProblem, AutomationRun } from "../protocol.generated";

/** Runs that are read at first, of all automations, and in each further step of one. */
const RUNS = 500;
/** Runs that are kept; the oldest go. */
const MOST_RUNS = 5_000;

/** `away`: no sidecar answers for automations. */
export type AutomationsState = "away" | "loading" | "ready" | "failed";

export class Automations {
  readonly onChange = new Listeners<void>();
  private list: Automation[] = [];
  private wrong: AutomationProblem[] = [];
  private readonly known = new Map<string, AutomationRun>();
  /** By automation: where its older runs go on; null when there are none. What is missing was not asked for. */
  private readonly older = new Map<string, string | null>();
  private hasOlder = false;
  /** Told while the runs are being read: the answer may be older. */
  private told: AutomationRun[] | null = null;
  private now: AutomationsState = "away";
  private why: string | null = null;
  /** Only the answer to the last question counts. */
  private question = 0;
  private subscriptions: Unsubscribe[] = [];

  constructor(readonly door: Door) {}

  connect(): void {
    const { door } = this;
    this.subscriptions = [
      door.onState(() => void this.refresh()),
      door.onNote("outrigger/automation/changed", ({ id, automation }) => {
        this.list = this.list.filter((one) => one.id !== id).concat(automation ? [automation] : []);
        this.onChange.fire();
        // What is wrong with a file is told with the list alone.
        void this.refreshList();
      }),
      door.onNote("outrigger/automation/runChanged", ({ run }) => {
        this.told?.push(run);
        this.take([run]);
        this.onChange.fire();
      }),
      door.onNote("outrigger/diagnostic", ({ kind }) => kind === "automation" && void this.refreshList()),
    ];
    void this.refresh();
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  get state(): AutomationsState {
    return this.now;
  }

  /** Why they could not be read. */
  get error(): string | null {
    return this.why;
  }

  /** By name. */
  get all(): Automation[] {
    return this.list.toSorted((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
  }

  get problems(): AutomationProblem[] {
    return this.wrong;
  }

  get(id: string): Automation | undefined {
    return this.list.find((automation) => automation.id === id);
  }

  run(runId: string): AutomationRun | undefined {
    return this.known.get(runId);
  }

  /** The newest first. */
  runsOf(automationId: string): AutomationRun[] {
    return this.runs.filter((run) => run.automationId === automationId);
  }

  /** Runs whose worktree is still there, the newest first. */
  get worktrees(): AutomationRun[] {
    return this.runs.filter(({ worktree }) => worktree !== null);
  }

  /** Whether there are, or may be, runs older than those that are known. */
  mayHaveOlder(automationId: string): boolean {
    const cursor = this.older.get(automationId);
    return cursor === undefined ? this.hasOlder : cursor !== null;
  }

  /** Reads older runs of an automation. Rejects when they can't be read. */
  async loadOlder(automationId: string): Promise<void> {
    const cursor = this.older.get(automationId);
    const { runs, nextCursor } = await this.door.request("outrigger/automation/runs", {
      ...{ automationId, limit: RUNS },
      ...(typeof cursor === "string" ? { cursor } : {}),
    });
    this.take(runs);
    this.older.set(automationId, nextCursor);
    this.onChange.fire();
  }

  async refresh(): Promise<void> {
    this.question += 1;
    const { question } = this;
    if (this.door.state.state !== "running" || !this.door.offers("outrigger/automation/list")) {
      // While a sidecar is replaced, what was shown stays.
      if (this.door.state.state !== "starting" || this.now === "away") this.become("away", null);
      return;
    }
    if (this.now !== "ready") this.become("loading", null);
    const told: AutomationRun[] = (this.told = []);
    try {
      const [{ automations, problems }, { runs, nextCursor }] = await Promise.all([
        this.door.request("outrigger/automation/list", {}),
        this.door.request("outrigger/automation/runs", { limit: RUNS }),
      ]);
      if (question !== this.question) return;
      [this.list, this.wrong] = [automations, problems];
      this.known.clear();
      this.older.clear();
      this.take([...runs, ...told]);
      this.told = null;
      this.hasOlder = nextCursor !== null;
      this.become("ready", null);
    } catch (error) {
      if (question === this.question) this.become("failed", refusalOf(error).message);
    }
  }

  private async refreshList(): Promise<void> {
    if (this.now !== "ready") return;
    this.question += 1;
    const { question } = this;
    try {
      const { automations, problems } = await this.door.request("outrigger/automation/list", {});
      if (question !== this.question) return;
      [this.list, this.wrong] = [automations, problems];
      this.onChange.fire();
    } catch {
      // The sidecar went away: its next `running` asks again.
    }
  }

  private get runs(): AutomationRun[] {
    return [...this.known.values()].toSorted((a, b) => b.scheduledFor - a.scheduledFor || compare(b.runId, a.runId));
  }

  private take(runs: AutomationRun[]): void {
    for (const run of runs) this.known.set(run.runId, run);
    if (this.known.size <= MOST_RUNS) return;
    for (const { runId } of this.runs.slice(MOST_RUNS)) this.known.delete(runId);
  }

  private become(state: AutomationsState, why: string | null): void {
    if (state === "away") {
      [this.list, this.wrong] = [[], []];
      this.known.clear();
    }
    [this.now, this.why] = [state, why];
    this.onChange.fire();
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
