// What a thread runs with: model, effort, approvals, sandbox. The lists are the app-server's own; what is chosen is
// told to it at once and sticks to the thread. No VS Code in it.

import { type CodexModel, type Door, Listeners, type SandboxMode, type ThreadRuns, type Unsubscribe } from "../door";
import { t } from "../l10n";

export type Chosen = {
  model: string | null;
  effort: string | null;
  approvalPolicy: unknown;
  sandbox: SandboxMode | null;
};

/** The choices in words, for the composer. */
export type ChoicesPage = { model: string; approvals: string };

export type ChoicesSurroundings = {
  door: Door;
  cwd: () => string | null;
  /** What the editor's own settings say for a new thread. */
  defaults: () => { approvalPolicy?: string; sandbox?: string };
  /** Makes the thread one that takes changes: loaded in the app-server. */
  attach: (threadId: string) => Promise<void>;
};

const NOTHING: Chosen = { model: null, effort: null, approvalPolicy: null, sandbox: null };

const POLICIES: Record<string, string> = {
  untrusted: t("Ask often"),
  "on-request": t("Ask when needed"),
  never: t("Never ask"),
};

const SANDBOXES: Record<SandboxMode, string> = {
  "read-only": t("Read only"),
  "workspace-write": t("Folder"),
  "danger-full-access": t("Full access"),
};

export class Choices {
  readonly onChange = new Listeners<void>();
  private threadId: string | null = null;
  /** What each thread runs with, as the app-server last told it. */
  private readonly known = new Map<string, Chosen>();
  /** What was chosen for a thread that has not begun. */
  private fresh: Partial<Chosen> = {};
  private config: Chosen = NOTHING;
  private list: CodexModel[] = [];
  private readonly subscriptions: Unsubscribe[];

  constructor(private readonly around: ChoicesSurroundings) {
    this.subscriptions = [
      around.door.onNote("codex/thread/settings/updated", ({ threadId, threadSettings }) =>
        this.learn(threadId, threadSettings),
      ),
    ];
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** Reads the lists and what the person's configuration says, once the app-server is there. */
  async load(): Promise<void> {
    const { door, cwd } = this.around;
    const folder = cwd();
    const [models, config] = await Promise.allSettled([
      door.request("codex/model/list", {}),
      door.request("codex/config/read", folder === null ? {} : { cwd: folder }),
    ]);
    if (models.status === "fulfilled") this.list = models.value.data;
    if (config.status === "fulfilled") {
      const said = config.value.config;
      this.config = {
        model: said.model ?? null,
        effort: said.model_reasoning_effort ?? null,
        approvalPolicy: said.approval_policy ?? null,
        sandbox: sandboxOf(said.sandbox_mode),
      };
    }
    this.onChange.fire();
  }

  select(threadId: string | null): void {
    if (threadId === this.threadId) return;
    this.threadId = threadId;
    this.onChange.fire();
  }

  /** What the app-server said about a thread when it was started, resumed, forked or changed. */
  learn(threadId: string, runs: ThreadRuns): void {
    const before = this.known.get(threadId) ?? NOTHING;
    this.known.set(threadId, {
      model: runs.model ?? before.model,
      effort: runs.reasoningEffort ?? runs.effort ?? before.effort,
      approvalPolicy: runs.approvalPolicy ?? before.approvalPolicy,
      sandbox: sandboxOf(runs.sandbox ?? runs.sandboxPolicy) ?? before.sandbox,
    });
    this.onChange.fire();
  }

  get models(): CodexModel[] {
    return this.list;
  }

  /** What the next turn runs with, as far as it is known. */
  get current(): Chosen {
    const known = this.threadId === null ? undefined : this.known.get(this.threadId);
    if (known) return known;
    const { approvalPolicy, sandbox } = this.around.defaults();
    const defaults = { ...this.config };
    if (this.threadId !== null) return defaults;
    if (approvalPolicy !== undefined) defaults.approvalPolicy = approvalPolicy;
    if (sandbox !== undefined) defaults.sandbox = sandboxOf(sandbox);
    return { ...defaults, ...this.fresh };
  }

  /** The model that runs, by the list; undefined for one that is not in it. */
  get model(): CodexModel | undefined {
    const { model } = this.current;
    return this.list.find((known) => (model === null ? known.isDefault : known.model === model || known.id === model));
  }

  get page(): ChoicesPage {
    const { model, effort, approvalPolicy, sandbox } = this.current;
    const name = this.model?.displayName ?? model ?? "";
    const how = effort ?? this.model?.defaultReasoningEffort ?? "";
    const asks = policyName(approvalPolicy);
    return {
      model: [name, how].filter(Boolean).join(" · "),
      approvals: [asks, sandbox === null ? "" : SANDBOXES[sandbox]].filter(Boolean).join(" · "),
    };
  }

  /** Changes what the thread runs with; for one that has not begun it is remembered. Rejects when it is refused. */
  async choose(part: Partial<Chosen>): Promise<void> {
    const { threadId } = this;
    if (threadId === null) {
      this.fresh = { ...this.fresh, ...part };
      this.onChange.fire();
      return;
    }
    await this.around.attach(threadId);
    await this.tell(threadId, part);
    this.known.set(threadId, { ...(this.known.get(threadId) ?? NOTHING), ...part });
    this.onChange.fire();
  }

  /** What a new thread is started with, beside what the editor's settings say. */
  startParams(): { model?: string; approvalPolicy?: unknown; sandbox?: SandboxMode } {
    const { model, approvalPolicy, sandbox } = this.fresh;
    return {
      ...(model ? { model } : {}),
      ...(approvalPolicy ? { approvalPolicy } : {}),
      ...(sandbox ? { sandbox } : {}),
    };
  }

  /** A thread was begun: what it could not be started with is told to it now. */
  async started(threadId: string): Promise<void> {
    const { effort } = this.fresh;
    this.fresh = {};
    if (effort) await this.tell(threadId, { effort });
  }

  private async tell(threadId: string, { model, effort, approvalPolicy, sandbox }: Partial<Chosen>): Promise<void> {
    await this.around.door.request("codex/thread/settings/update", {
      threadId,
      ...(model ? { model } : {}),
      ...(effort ? { effort } : {}),
      ...(approvalPolicy ? { approvalPolicy } : {}),
      ...(sandbox ? { sandboxPolicy: { type: POLICY_OF[sandbox] } } : {}),
    });
  }
}

/** The app-server spells a sandbox in two ways: as a mode, and as the type of a policy. */
const POLICY_OF: Record<SandboxMode, string> = {
  "read-only": "readOnly",
  "workspace-write": "workspaceWrite",
  "danger-full-access": "dangerFullAccess",
};

function sandboxOf(said: unknown): SandboxMode | null {
  const name = typeof said === "object" && said !== null ? (said as { type?: unknown }).type : said;
  const modes = Object.keys(POLICY_OF) as SandboxMode[];
  return modes.find((mode) => mode === name || POLICY_OF[mode] === name) ?? null;
}

export function policyName(policy: unknown): string {
  if (typeof policy === "object" && policy !== null) return t("Ask by kind");
  return typeof policy === "string" ? (POLICIES[policy] ?? policy) : "";
}

export function sandboxName(sandbox: SandboxMode): string {
  return SANDBOXES[sandbox];
}

/** What the app-server takes, narrowed to what its requirements allow. */
export function allowed<T extends string>(all: T[], requirement: unknown): T[] {
  return Array.isArray(requirement) ? all.filter((one) => requirement.includes(one)) : all;
}

export const APPROVAL_POLICIES = ["untrusted", "on-request", "never"];
export const SANDBOX_MODES: SandboxMode[] = ["read-only", "workspace-write", "danger-full-access"];
