// What the extension and the form of an automation say to one another.

import type { ExecutionEnvironment, MissedPolicy, OverlapPolicy } from "../protocol.generated";

/** A folder by its `file:` URI, and as it is shown. */
export type Folder = { uri: string; path: string };

/** What is written into the form. Null is the person's own; an empty zone is that of the person's clock. */
export type FormValues = {
  name: string;
  prompt: string;
  rrule: string;
  timezone: string;
  cwds: Folder[];
  executionEnvironment: ExecutionEnvironment;
  branch: string;
  model: string | null;
  reasoningEffort: string | null;
  /** A name; an object that was written into the definition stays as it is. */
  approvalPolicy: unknown;
  sandbox: string | null;
  approvalTimeoutMinutes: number;
  maxRunMinutes: number;
  missed: MissedPolicy;
  overlap: OverlapPolicy;
  deadlineMinutes: number;
};

export type FormModelChoice = { model: string; name: string; efforts: string[] };

/** What is refused, beside the field it is about; null is the form as a whole. */
export type FormFailure = { field: keyof FormValues | null; message: string; hint: string | null };

export type FormPage = {
  /** Null for one that is not there yet. */
  id: string | null;
  /** Of one that is there, in epoch milliseconds: a rule without a beginning of its own begins then. */
  createdAt: number | null;
  /** It goes on in a thread of its own, so it has no place of its own. */
  heartbeat: boolean;
  models: FormModelChoice[];
  /** What `null` comes to, by the person's own configuration. */
  own: { model: string | null; effort: string | null; approvalPolicy: unknown; sandbox: string | null };
  /** Folders of this window that can be added without looking for them. */
  folders: Folder[];
  /** Whether the daemon starts at login: `unknown` where there is none to do so. */
  atLogin: "unknown" | "no" | "installing" | "yes";
  atLoginFailure: string | null;
  saving: boolean;
  failure: FormFailure | null;
};

export type FormPreview = { occurrences: number[]; canonicalRule: string; timezone: string };

export type ToForm =
  /** Once, first: the person's language, and its texts. */
  | { type: "language"; language: string; texts: Record<string, string> }
  | { type: "values"; values: FormValues }
  | { type: "page"; page: FormPage }
  /** Answers `preview` of that number. */
  | { type: "preview"; request: number; preview: FormPreview | null; failure: FormFailure | null }
  | { type: "folder"; folder: Folder };

export type FromForm =
  | { type: "ready" }
  | { type: "preview"; request: number; rrule: string; timezone: string }
  | { type: "save"; values: FormValues }
  | { type: "cancel" | "chooseFolder" | "installAtLogin" | "openFile" };
