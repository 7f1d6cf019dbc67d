// What the form of an automation shows and does, without VS Code in it. What is written stays in the form until it is
// saved; what it offers is asked of Codex.

import { type CodexModel, type Door, Listeners, type Refusal, refusalOf } from "../door";
import { t } from "../l10n";
import type { Automation, AutomationFields } from "../protocol.generated";
import type { Folder, FormFailure, FormPage, FormValues, ToForm } from "./formMessages";
import { FIRST_PLAN, ruleOf } from "./schedule";

/** Fields of the wire that stand in the form under another name, or as part of another field. */
const FIELDS: (keyof FormValues)[] = [
  ...(["name", "prompt", "rrule", "timezone", "cwds", "executionEnvironment", "branch", "model"] as const),
  ...(["reasoningEffort", "approvalPolicy", "sandbox", "approvalTimeoutMinutes", "maxRunMinutes"] as const),
  ...(["missed", "overlap", "deadlineMinutes"] as const),
];

export type FormSurroundings = {
  door: Door;
  /** The folders of the window. */
  folders: () => Folder[];
  folderOf: (uri: string) => Folder;
  /** Has the daemon start at login. Rejects with what was in the way. */
  installAtLogin: () => Promise<unknown>;
};

export class AutomationForm {
  readonly onMessage = new Listeners<ToForm>();
  /** Saved, so that the form can be closed. */
  readonly onSaved = new Listeners<Automation>();
  private page: FormPage;

  constructor(
    private readonly around: FormSurroundings,
    private readonly automation: Automation | null,
  ) {
    this.page = {
      id: automation?.id ?? null,
      createdAt: automation?.createdAt ?? null,
      heartbeat: automation?.kind === "heartbeat",
      models: [],
      own: { model: null, effort: null, approvalPolicy: null, sandbox: null },
      folders: around.folders(),
      atLogin: "unknown",
      atLoginFailure: null,
      saving: false,
      failure: null,
    };
  }

  /** What the form begins with. */
  get values(): FormValues {
    const { automation, around } = this;
    if (!automation) return { ...FIRST_VALUES, cwds: around.folders().slice(0, 1) };
    const { name, prompt, rrule, timezone, executionEnvironment, model, reasoningEffort } = automation;
    const { approvalPolicy, sandbox, approvalTimeoutMinutes, maxRunMinutes, missed, overlap } = automation;
    return {
      ...{ name, prompt, rrule, timezone, executionEnvironment, model, reasoningEffort },
      ...{ approvalPolicy: approvalPolicy ?? null, sandbox, approvalTimeoutMinutes, maxRunMinutes, missed, overlap },
      deadlineMinutes: automation.deadlineMinutes,
      branch: automation.branch ?? "",
      cwds: automation.cwds.map(around.folderOf),
    };
  }

  /** The webview is there, for the first time or again. */
  opened(): void {
    this.tell();
    void this.load();
  }

  /** What can be chosen, and what is chosen where nothing is. */
  private async load(): Promise<void> {
    const { door, folders } = this.around;
    const cwd = folders()[0]?.path;
    const [models, config, automations] = await Promise.allSettled([
      door.request("codex/model/list", {}),
      door.request("codex/config/read", cwd === undefined ? {} : { cwd }),
      door.request("outrigger/automation/list", {}),
    ]);
    if (models.status === "fulfilled")
      this.page.models = models.value.data.filter(({ hidden }) => !hidden).map(choiceOf);
    if (config.status === "fulfilled") {
      const { model, model_reasoning_effort, approval_policy, sandbox_mode } = config.value.config;
      this.page.own = {
        model: model ?? null,
        effort: model_reasoning_effort ?? null,
        approvalPolicy: approval_policy ?? null,
        sandbox: typeof sandbox_mode === "string" ? sandbox_mode : null,
      };
    }
    const starts = automations.status === "fulfilled" ? automations.value.startsAtLogin : null;
    if (starts !== null && this.page.atLogin === "unknown") this.page.atLogin = starts ? "yes" : "no";
    this.tell();
  }

  /** What comes next by a rule, or what is wrong with it. */
  async preview(request: number, rrule: string, timezone: string): Promise<void> {
    const { createdAt } = this.page;
    try {
      const preview = await this.around.door.request("outrigger/automation/preview", {
        ...{ rrule, timezone },
        ...(createdAt === null ? {} : { createdAt }),
      });
      this.onMessage.fire({ type: "preview", request, preview, failure: null });
    } catch (error) {
      const failure = failureOf(refusalOf(error));
      this.onMessage.fire({ type: "preview", request, preview: null, failure });
    }
  }

  async save(values: FormValues): Promise<void> {
    if (this.page.saving) return;
    if (values.cwds.length === 0 && !this.page.heartbeat) {
      const failure: FormFailure = { field: "cwds", message: t("Choose a folder to run in."), hint: null };
      this.set({ failure });
      return;
    }
    this.set({ saving: true, failure: null });
    const { automation } = this;
    const fields = fieldsOf(values);
    try {
      const { door } = this.around;
      const saved = automation
        ? await door.request("outrigger/automation/update", {
            id: automation.id,
            ...changed(this.values, values, fields),
          })
        : await door.request("outrigger/automation/create", fields);
      this.onSaved.fire(saved.automation);
    } catch (error) {
      this.set({ saving: false, failure: failureOf(refusalOf(error)) });
    }
  }

  async installAtLogin(): Promise<void> {
    if (this.page.atLogin !== "no") return;
    this.set({ atLogin: "installing", atLoginFailure: null });
    try {
      await this.around.installAtLogin();
      this.set({ atLogin: "yes" });
    } catch (error) {
      this.set({ atLogin: "no", atLoginFailure: refusalOf(error).message });
    }
  }

  private set(part: Partial<FormPage>): void {
    this.page = { ...this.page, ...part };
    this.tell();
  }

  private tell(): void {
    this.onMessage.fire({ type: "page", page: this.page });
  }
}

/** The daemon's own defaults. */
const FIRST_VALUES: FormValues = {
  name: "",
  prompt: "",
  rrule: ruleOf(FIRST_PLAN),
  timezone: "",
  cwds: [],
  executionEnvironment: "worktree",
  branch: "",
  model: null,
  reasoningEffort: null,
  approvalPolicy: null,
  sandbox: null,
  approvalTimeoutMinutes: 60,
  maxRunMinutes: 120,
  missed: "catchUpOnce",
  overlap: "skip",
  deadlineMinutes: 720,
};

function fieldsOf({ cwds, branch, ...values }: FormValues): AutomationFields {
  return { ...values, cwds: cwds.map(({ uri }) => uri), branch: branch.trim() || null };
}

/** What the person changed, alone: the file may have been edited meanwhile. */
function changed(before: FormValues, after: FormValues, fields: AutomationFields): AutomationFields {
  const said = fields as Record<string, unknown>;
  const differ = FIELDS.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return Object.fromEntries(differ.map((field) => [field, said[field]]));
}

/** A refusal, beside the field that is to blame. */
function failureOf({ kind, message, hint, data }: Refusal): FormFailure {
  const key = FIELDS.find((field) => field === data["key"]);
  const zone = data["part"] === "timezone" || data["part"] === "TZID";
  const fields: Record<string, keyof FormValues> = {
    scheduleInvalid: zone ? "timezone" : "rrule",
    policyDenied: "sandbox",
    cwdMissing: "cwds",
  };
  const field = key ?? fields[kind ?? ""] ?? null;
  if (kind === "revisionConflict")
    return { field, message, hint: t("Open the form anew: its file was edited meanwhile.") };
  return { field, message, hint };
}

function choiceOf({ model, displayName, supportedReasoningEfforts }: CodexModel): FormPage["models"][number] {
  const efforts = supportedReasoningEfforts.map(({ reasoningEffort }) => reasoningEffort);
  return { model, name: displayName, efforts };
}
