// Generated from the protocol table in server/src/protocol; `UPDATE=1 cargo test generated_typescript` writes it.

export type ThreadId = string;
export type TurnId = string;
export type ItemId = string;
export type ApprovalId = string;
export type TerminalId = string;
export type RunId = string;
export type NoParams = Record<string, never>;
export type Done = Record<string, never>;

export type FailureKind = "invalidParams" | "methodUnknown" | "notInitialized" | "alreadyRunning" | "daemonGone" | "cancelled" | "overloaded" | "appServerDown" | "appServerTimeout" | "threadUnknown" | "threadBusy" | "approvalUnknown" | "approvalResolved" | "decisionInvalid" | "hunkStale" | "journalUnknown" | "notARepository" | "indexLocked" | "conflicted" | "unsupportedContent" | "worktreeDirty" | "pathNotGranted" | "workspaceUntrusted" | "terminalUnknown" | "automationUnknown" | "scheduleInvalid" | "runUnknown" | "conversationUnknown" | "conversationArchived" | "providerMismatch" | "sessionUnknown" | "profileUnknown" | "cliMissing" | "cwdMissing" | "keyringUnavailable" | "queueFull" | "policyDenied" | "limitExceeded" | "revisionConflict" | "alreadyExists" | "io" | "git" | "store" | "internal";

export type Eol = "\n" | "\r\n" | "";

export type LineKind = "context" | "added" | "removed";

export type HunkLine = { kind: LineKind, 
/**
 * Without its line ending; lossy where the bytes are not UTF-8.
 */
text: string, eol: Eol, 
/**
 * The bytes that `text` stands for, where they are not UTF-8.
 */
base64?: string, 
/**
 * The words that the line in its place does not have, from and to, in UTF-16 units of `text`.
 */
emphasis?: Array<[number, number]>, };

export type ModeChange = { old: string, new: string, };

export type Origin = { threadId: string, turnId: string, itemId: string, };

export type Hunk = { hunkId: string, oldStart: number, oldLines: number, newStart: number, newLines: number, lines: Array<HunkLine>, 
/**
 * The hunk is this and has no lines.
 */
modeChange?: ModeChange, 
/**
 * The agent's work that wrote it; null where a person did, or nobody knows.
 */
origin: Origin | null, 
/**
 * A person looked at the agent's hunk and kept it.
 */
kept?: boolean, };

export type HunkRange = { oldStart: number, oldLines: number, newStart: number, newLines: number, };

export type FileStatus = "unmodified" | "modified" | "added" | "deleted" | "renamed" | "untracked" | "ignored" | "conflicted" | "binary" | "submodule" | "symlink" | "typeChanged";

export type FileHunks = { uri: string, 
/**
 * Higher whenever the file, its staged text or its last commit is another one.
 */
revision: number, status: FileStatus, 
/**
 * From the index to the working tree.
 */
unstaged: Array<Hunk>, 
/**
 * From the last commit to the index.
 */
staged: Array<Hunk>, };

export type HunkListParams = { 
/**
 * A `file:` URI.
 */
uri: string, 
/**
 * Unchanged lines around each change; 3 where nothing is said, as git has it.
 */
contextLines?: number | null, 
/**
 * With the words that differ within changed lines.
 */
emphasis?: boolean, };

export type HunkLines = { old: Array<number>, new: Array<number>, };

export type HunkTarget = { hunkId: string, 
/**
 * A part of the hunk; without it, all of it.
 */
lines?: HunkLines | null, };

export type HunkAnswer = "full" | "ids";

export type HunkActParams = { uri: string, hunkId?: string | null, lines?: HunkLines | null, targets?: Array<HunkTarget> | null, 
/**
 * Of the list that line numbers are counted in; the last one told to this session, where nothing is said.
 */
revision?: number, answer?: HunkAnswer | null, };

export type FileActParams = { uri: string, answer?: HunkAnswer | null, };

export type HunkIds = { uri: string, revision: number, status: FileStatus, unstaged: Array<string>, staged: Array<string>, };

export type HunksTold = FileHunks | HunkIds;

export type HunkActed = { 
/**
 * The file's hunks as they are now.
 */
hunks: HunksTold, 
/**
 * Takes this act back by `outrigger/hunk/undo`.
 */
journalId: string, 
/**
 * It was done in a document with unsaved edits, by its editor; `hunks` are those of the file, which is as it was.
 */
unsaved?: boolean, };

export type HunkName = { hunkId: string, };

export type HunkKeepParams = { uri: string, hunkId?: string | null, targets?: Array<HunkName> | null, };

export type HunkKept = { 
/**
 * Takes this back by `outrigger/hunk/undo`.
 */
journalId: string, };

export type HunkUndoParams = { journalId: string, };

export type HunkUndone = { 
/**
 * The file's hunks as they are now; null where the act was one of several files.
 */
hunks: FileHunks | null, 
/**
 * The hunks of each, where the act was one of several files; of more than a hundred, of the first ones.
 */
files?: Array<FileHunks>, 
/**
 * The undo is an act of its own, which can be taken back in turn.
 */
journalId: string, 
/**
 * It was done in a document with unsaved edits, by its editor; `hunks` are those of the file, which is as it was.
 */
unsaved?: boolean, };

export type HunkJournalParams = { uri?: string | null, limit?: number | null, cursor?: string | null, };

export type JournalAction = "stage" | "unstage" | "revert" | "undo" | "restore" | "refuse" | "keep";

export type JournalEntry = { journalId: string, action: JournalAction, 
/**
 * The files that it changed, in the index or in the working tree.
 */
uris: Array<string>, 
/**
 * Epoch milliseconds.
 */
at: number, 
/**
 * The entry that this one took back.
 */
undoes: string | null, 
/**
 * The entry that took this one back.
 */
undoneBy: string | null, };

export type HunkJournal = { entries: Array<JournalEntry>, nextCursor: string | null, };

export type HunkJournaledParams = { journalId: string, };

export type JournaledFile = { uri: string, before: string | null, after: string | null, 
/**
 * The texts are the whole file; else the lines of the act, with up to three around them.
 */
whole: boolean, };

export type HunkJournaled = { files: Array<JournaledFile>, };

export type HunkChanged = { uri: string, revision: number, };

export type FileDiff = { uri: string, status: FileStatus, hunks: Array<Hunk>, };

export type TurnDiffParams = { threadId: ThreadId, 
/**
 * Without it, the last turn.
 */
turnId?: TurnId | null, };

export type TurnDiff = { files: Array<FileDiff>, };

export type TurnUndoParams = { threadId: ThreadId, turnId: TurnId, };

export type TurnUndone = { 
/**
 * Takes this back by `outrigger/hunk/undo`; null where the turn changed nothing.
 */
journalId: string | null, 
/**
 * The files that are as they were before the turn.
 */
uris: Array<string>, 
/**
 * What is in no checkpoint, and so was neither looked at nor put back.
 */
leftOut: Array<string>, 
/**
 * The agent may have written something before the first checkpoint was taken, and that is still there.
 */
late?: boolean, };

export type ReviewListParams = { 
/**
 * Unchanged lines around each change; 3 where nothing is said, as git has it.
 */
contextLines?: number | null, };

export type FileReview = { uri: string, hunks: Array<Hunk>, };

export type ReviewList = { files: Array<FileReview>, };

export type ReviewChanged = Record<symbol, never>;

export type TerminalCreateParams = { 
/**
 * A `file:` URI; the session's first folder where nothing is said.
 */
cwd?: string | null, 
/**
 * A program; the person's shell where nothing is said.
 */
command?: string | null, args?: Array<string> | null, 
/**
 * Set on top of the session's own environment.
 */
env?: Record<string, string>, 
/**
 * Cells: 2 to 1,000.
 */
cols: number, 
/**
 * Cells: 1 to 1,000.
 */
rows: number, 
/**
 * The program's name where nothing is said.
 */
name?: string | null, 
/**
 * The thread that it belongs to, for whoever shows both.
 */
threadId?: ThreadId | null, 
/**
 * Run by the app-server in Codex's sandbox, with its environment; `env` does not count.
 */
sandboxed?: boolean | null, };

export type TerminalRef = { terminalId: TerminalId, };

export type TerminalWatchParams = { threadId: ThreadId, turnId: TurnId, itemId: ItemId, 
/**
 * Cells: 2 to 1,000.
 */
cols: number, 
/**
 * Cells: 1 to 1,000.
 */
rows: number, };

export type TerminalWriteParams = { terminalId: TerminalId, data: string, };

export type TerminalResizeParams = { terminalId: TerminalId, cols: number, rows: number, };

export type TerminalAckParams = { terminalId: TerminalId, 
/**
 * UTF-16 code units.
 */
offset: number, };

export type TerminalCloseParams = { terminalId: TerminalId, 
/**
 * Also when something runs in it.
 */
force?: boolean | null, 
/**
 * Ends what has left the terminal's session too.
 */
everything?: boolean | null, };

export type TerminalStatus = "running" | "exited" | "restored";

export type TerminalMode = "pty";

export type Terminal = { terminalId: TerminalId, name: string, 
/**
 * A `file:` URI: where the shell says it is, else where it began.
 */
cwd: string, 
/**
 * Null where nothing runs.
 */
pid: number | null, cols: number, rows: number, 
/**
 * As its program set it; empty until it does.
 */
title: string, mode: TerminalMode, interactive: boolean, supportsResize: boolean, status: TerminalStatus, 
/**
 * Null until it has exited; by a signal, 128 and its number.
 */
exitCode: number | null, signal: number | null, threadId: ThreadId | null, 
/**
 * Epoch milliseconds.
 */
createdAt: number, };

export type TerminalHeld = { terminal: Terminal, };

export type TerminalAttached = { terminal: Terminal, 
/**
 * Redraws scrollback and screen in a fresh terminal of its size.
 */
snapshot: string, 
/**
 * Where the stream goes on, in UTF-16 code units since its beginning.
 */
offset: number, };

export type TerminalProcess = { pid: number, 
/**
 * Its command line.
 */
command: string, };

export type TerminalClosed = { 
/**
 * Had left the terminal's session, and still run.
 */
left: Array<TerminalProcess>, 
/**
 * Could not be ended.
 */
survived: Array<TerminalProcess>, };

export type TerminalList = { terminals: Array<Terminal>, };

export type TerminalData = { terminalId: TerminalId, 
/**
 * Where `data` begins, in UTF-16 code units.
 */
offset: number, data: string, };

export type TerminalExited = { terminalId: TerminalId, exitCode: number, signal: number | null, };

export type TerminalChanged = { terminal: Terminal, 
/**
 * It is in no list any more.
 */
closed?: boolean, };

export type DetachReason = "tooSlow" | "restarted";

export type TerminalDetached = { terminalId: TerminalId, reason: DetachReason, };

export type Minutes = number;

export type AutomationStatus = "ACTIVE" | "PAUSED";

export type MissedPolicy = "skip" | "catchUpOnce";

export type OverlapPolicy = "skip" | "queue";

export type ExecutionEnvironment = "local" | "worktree";

export type AutomationKind = "cron" | "heartbeat";

export type AutomationOwner = "outrigger" | "desktop";

export type Automation = { id: string, name: string, prompt: string, status: AutomationStatus, 
/**
 * As it was written.
 */
rrule: string, 
/**
 * The rule as it is understood; null when it is not valid.
 */
canonicalRule: string | null, 
/**
 * An IANA name.
 */
timezone: string, missed: MissedPolicy, overlap: OverlapPolicy, deadlineMinutes: Minutes, 
/**
 * `file:` URIs.
 */
cwds: Array<string>, 
/**
 * Null is the person's own.
 */
model: string | null, reasoningEffort: string | null, executionEnvironment: ExecutionEnvironment, 
/**
 * Where a worktree begins; null is `HEAD`.
 */
branch: string | null, 
/**
 * `untrusted`, `on-request`, `never`, or an object; null is the person's own.
 */
approvalPolicy: unknown, 
/**
 * `read-only`, `workspace-write` or `danger-full-access`; null is the person's own.
 */
sandbox: string | null, approvalTimeoutMinutes: Minutes, maxRunMinutes: Minutes, 
/**
 * Epoch milliseconds, as are all times here.
 */
nextRunAt: number | null, lastRunAt: number | null, createdAt: number, updatedAt: number, kind: AutomationKind, targetThreadId: ThreadId | null, owner: AutomationOwner, 
/**
 * Why it does not fire although it is active, or was paused by Outrigger; a sentence for the person.
 */
problem: string | null, };

export type AutomationFields = { id?: string | null, name?: string | null, prompt?: string | null, status?: AutomationStatus | null, rrule?: string | null, 
/**
 * The machine's own where nothing is said.
 */
timezone?: string | null, missed?: MissedPolicy | null, overlap?: OverlapPolicy | null, deadlineMinutes?: Minutes | null, 
/**
 * The session's first folder where nothing is said.
 */
cwds?: Array<string> | null, model?: string | null, reasoningEffort?: string | null, 
/**
 * `worktree` in a git repository where nothing is said.
 */
executionEnvironment?: ExecutionEnvironment | null, branch?: string | null, approvalPolicy?: unknown, sandbox?: string | null, approvalTimeoutMinutes?: Minutes | null, maxRunMinutes?: Minutes | null, kind?: AutomationKind | null, targetThreadId?: ThreadId | null, 
/**
 * `outrigger` takes over one of the desktop app's, which then no longer fires it.
 */
owner?: AutomationOwner | null, };

export type AutomationRef = { id: string, };

export type AutomationRunParams = { id: string, 
/**
 * In place, also where the working tree has changes that are not committed.
 */
force?: boolean | null, };

export type AutomationPreviewParams = { rrule: string, timezone?: string | null, 
/**
 * Epoch milliseconds; now where nothing is said.
 */
after?: number, 
/**
 * At most 1,000.
 */
count?: number | null, 
/**
 * Where a rule without a beginning of its own begins, in epoch milliseconds: an automation's `createdAt`; `after`
 * where nothing is said.
 */
createdAt?: number, };

export type AutomationPreview = { occurrences: Array<number>, canonicalRule: string, timezone: string, };

export type AutomationHeld = { automation: Automation, };

export type AutomationProblem = { uri: string, message: string, };

export type AutomationList = { automations: Array<Automation>, 
/**
 * Definitions that cannot be used.
 */
problems: Array<AutomationProblem>, 
/**
 * Whether Outrigger starts when the person logs in; if not, automations run only while an editor has been open since.
 * Null with `--solo`.
 */
startsAtLogin: boolean | null, };

export type AutomationChanged = { id: string, 
/**
 * Null when it is gone.
 */
automation: Automation | null, };

export type RunTrigger = "schedule" | "manual" | "catchUp";

export type RunStatus = "IN_PROGRESS" | "PENDING_REVIEW" | "ACCEPTED" | "ARCHIVED" | "FAILED" | "INTERRUPTED" | "MISSED";

export type AutomationRun = { runId: RunId, automationId: string, 
/**
 * Epoch milliseconds, as are all times here; of a manual run, when it was asked for.
 */
scheduledFor: number, trigger: RunTrigger, status: RunStatus, threadId: ThreadId | null, turnId: TurnId | null, title: string | null, summary: string | null, 
/**
 * Why it failed, was interrupted or missed; a sentence for the person.
 */
error: string | null, startedAt: number | null, finishedAt: number | null, readAt: number | null, archivedReason: string | null, 
/**
 * Occurrences that passed without a run and for which this record stands.
 */
missed: number, 
/**
 * How often it was begun; 2 after a crash in the middle of the first.
 */
attempt: number, 
/**
 * The folder in which it works, a `file:` URI.
 */
cwd: string | null, 
/**
 * The worktree that was made for it and is still there, a `file:` URI.
 */
worktree: string | null, };

export type AutomationRunHeld = { run: AutomationRun, };

export type AutomationRunsParams = { automationId?: string | null, status?: RunStatus | null, 
/**
 * 50 where nothing is said, at most 500.
 */
limit?: number | null, cursor?: string | null, };

export type AutomationRuns = { runs: Array<AutomationRun>, nextCursor: string | null, };

export type RunRef = { runId: RunId, };

export type InboxItem = { id: string, runId: RunId, automationId: string, threadId: ThreadId | null, title: string, description: string, createdAt: number, readAt: number | null, archivedAt: number | null, };

export type InboxListParams = { unreadOnly?: boolean | null, };

export type InboxList = { items: Array<InboxItem>, };

export type InboxRef = { id: string, };

export type InboxItemHeld = { item: InboxItem, };

export type AppServerState = "stopped" | "starting" | "ready" | "restarting" | "failed";

export type AppServerErrorKind = "cliMissing" | "notExecutable" | "versionTooOld" | "exitedAtStart" | "noAnswer" | "exited" | "crashLoop" | "io";

export type AppServerError = { kind: AppServerErrorKind, message: string, 
/**
 * What the person can do about it.
 */
hint: string | null, };

export type AppServerStatus = { state: AppServerState, version: string | null, 
/**
 * Starts since the last time it was ready; 0 when it runs.
 */
attempt: number, retryAt: number | null, lastError: AppServerError | null, };

export type DiagnosticLevel = "info" | "warning" | "error";

export type DiagnosticKind = "unknownNotification" | "unknownRequest" | "malformed" | "garbled" | "editorFrame" | "refused" | "otherCodex" | "settings" | "store" | "automation";

export type Diagnostic = { level: DiagnosticLevel, kind: DiagnosticKind, method: string | null, message: string, count: number, contractVersion: string, };

export type ApprovalKind = "command" | "fileChange" | "permissions" | "question" | "elicitation" | "toolCall";

export type ChangeKind = "add" | "delete" | "update";

export type ProposedChange = { 
/**
 * A `file:` URI.
 */
uri: string, kind: ChangeKind, movedTo?: string, 
/**
 * Always unified.
 */
diff: string, hunks: Array<HunkRange>, };

export type DecisionScope = "once" | "session" | "always" | "no" | "stop";

export type DecisionOption = { 
/**
 * The app-server's own value, to be sent verbatim.
 */
decision: unknown, label: string, scope: DecisionScope, };

export type HunkRef = { 
/**
 * The file's, as it is named in `changes`.
 */
uri: string, hunkId: string, };

export type Approval = { approvalId: ApprovalId, kind: ApprovalKind, 
/**
 * The app-server's method, for a client that answers a kind by its exact schema.
 */
method: string, threadId: ThreadId | null, turnId: TurnId | null, itemId: ItemId | null, 
/**
 * Epoch milliseconds.
 */
requestedAt: number, reason: string | null, cwd: string | null, command: string | null, commandActions: unknown | null, network: unknown | null, changes: Array<ProposedChange> | null, questions: unknown | null, elicitation: unknown | null, permissions: unknown | null, options: Array<DecisionOption>, 
/**
 * The app-server's params, as it sent them.
 */
request: unknown, 
/**
 * Once it is accepted: the hunks that were not.
 */
refusedHunks?: Array<HunkRef>, };

export type Outcome = "decided" | "turnEnded" | "appServerExited" | "withdrawn";

export type Delivery = "sent" | "confirmed" | "appServerExited";

export type ApprovalListParams = { threadId?: ThreadId | null, };

export type ApprovalList = { approvals: Array<Approval>, };

export type DecideParams = { approvalId: ApprovalId, decision: unknown, 
/**
 * With `"accept"` of a change of files: the hunks that are taken out again once it is written.
 */
refusedHunks?: Array<HunkRef>, };

export type ApprovalRequested = { approval: Approval, };

export type ApprovalRef = { approvalId: ApprovalId, };

export type ApprovalResolved = { approvalId: ApprovalId, outcome: Outcome, 
/**
 * The editor that decided, by the name it gave in `initialize`.
 */
decidedBy: string | null, };

export type RefusalFailed = { kind: FailureKind, message: string, };

export type HunksRefused = { approvalId: ApprovalId, threadId: ThreadId, turnId: TurnId, hunks: Array<HunkRef>, 
/**
 * The entry that took them out; null where the change was never written.
 */
journalId: string | null, 
/**
 * Why they stayed in.
 */
failure: RefusalFailed | null, };

export type ProposedFile = { uri: string, kind: ChangeKind, movedTo?: string, oldText: string | null, newText: string | null, hunks: Array<Hunk>, 
/**
 * Why the change does not fit the file as it is on disk; null when it does.
 */
conflict: string | null, };

export type ProposedFiles = { files: Array<ProposedFile>, };

export type HistoryParams = { threadId?: ThreadId | null, limit?: number | null, cursor?: string | null, };

export type HistoryEntry = { approval: Approval, outcome: Outcome, decision: unknown | null, decidedBy: string | null, resolvedAt: number, delivery: Delivery | null, };

export type History = { entries: Array<HistoryEntry>, nextCursor: string | null, };

export type ChangeOp = "turn" | "item" | "text" | "marker" | "status" | "usage" | "reset";

export type ThreadChange = { op: ChangeOp, turnId?: TurnId, itemId?: ItemId, field?: string, value?: unknown, append?: string, };

export type ThreadChanged = { threadId: ThreadId, 
/**
 * Goes up by one with every note; on a gap, or on `reset`, take a snapshot.
 */
revision: number, changes: Array<ThreadChange>, };

export type ThreadRef = { threadId: ThreadId, };

export type SnapshotParams = { threadId: ThreadId, 
/**
 * An `olderCursor`: the items before it.
 */
before?: string | null, 
/**
 * Items at the most, 1 to 1,000; 200 when left out.
 */
limit?: number | null, };

export type Marker = { kind: string, text: string, 
/**
 * Epoch milliseconds.
 */
at: number, };

export type ItemState = { itemId: ItemId, type: string, status: string | null, 
/**
 * Set when a text over 64 KiB was cut; `outrigger/thread/item` has it whole.
 */
truncated?: boolean, } & { [field: string]: unknown };

export type TurnState = { turnId: TurnId, 
/**
 * `inProgress`, `completed`, `failed`, `interrupted`, or what a newer app-server says.
 */
status: string, error: unknown | null, startedAt: number | null, completedAt: number | null, 
/**
 * What Codex means to do: `{ explanation, plan: [{ step, status }] }`, as the app-server last told it.
 */
plan?: unknown, items: Array<ItemState>, markers: Array<Marker>, };

export type ThreadState = { threadId: ThreadId, name: string | null, cwd: string | null, 
/**
 * The app-server's own status object.
 */
status: unknown, model: string | null, turns: Array<TurnState>, usage: unknown | null, };

export type Snapshot = { revision: number, thread: ThreadState, olderCursor: string | null, };

export type ItemRef = { threadId: ThreadId, turnId: TurnId, itemId: ItemId, };

export type ItemWhole = { item: ItemState, };

export type RunningProcess = { processId: string, command: string, startedAt: number | null, };

export type Running = { processes: Array<RunningProcess>, };

export type EndProcessParams = { threadId: ThreadId, processId: string, };

export type QueuedMessage = { id: string, 
/**
 * The `input` of the `turn/start` that will send it.
 */
input: unknown, queuedAt: number, };

export type Queue = { messages: Array<QueuedMessage>, };

export type QueueAddParams = { threadId: ThreadId, input: unknown[], };

export type QueueUpdateParams = { threadId: ThreadId, id: string, input: unknown[], };

export type QueueRemoveParams = { threadId: ThreadId, id: string, };

export type QueueReorderParams = { threadId: ThreadId, 
/**
 * Every queued id, in the new order.
 */
ids: Array<string>, };

export type QueueChanged = { threadId: ThreadId, messages: Array<QueuedMessage>, };

export type AtomRef = { key: string, };

export type AtomSetParams = { 
/**
 * At most 256 bytes.
 */
key: string, 
/**
 * At most 1 MiB as JSON.
 */
value: unknown, 
/**
 * Set only if this is its revision now; 0 for one that is not there.
 */
ifRevision?: number, };

export type AtomDeleteParams = { key: string, ifRevision?: number, };

export type AtomListParams = { prefix?: string | null, };

export type AtomValue = { value: unknown, revision: number, };

export type AtomRevision = { revision: number, };

export type Atom = { key: string, value: unknown, revision: number, };

export type AtomList = { atoms: Array<Atom>, };

export type Pong = { uptimeMs: number, };

export type Startup = { 
/**
 * Epoch milliseconds.
 */
startedAt: number, 
/**
 * From start to the app-server being ready; null until it is.
 */
readyLatencyMs: number | null, };

export type MethodMetrics = { method: string, count: number, errors: number, p50Ms: number, p95Ms: number, p99Ms: number, };

export type MemoryMetrics = { 
/**
 * Anonymous resident memory of the sidecar, in bytes; null where the platform does not tell.
 */
residentBytes: number | null, threadsHeld: number, outboxBytes: number, };

export type Metrics = { startup: Startup, methods: Array<MethodMetrics>, memory: MemoryMetrics, sessions: number, };

export type SessionUpdate = { trusted?: boolean | null, events?: Array<string> | null, 
/**
 * The approvals that this editor shows its person now.
 */
shown?: Array<string> | null, };

export type FileRef = { uri: string, };

export type Directory = { 
/**
 * In the order of the bytes of the names.
 */
entries: Array<DirectoryEntry>, };

export type DirectoryEntry = { 
/**
 * For people: what is no UTF-8 is replaced. The URI has the name's own bytes.
 */
name: string, uri: string, 
/**
 * Of a symbolic link, whether it leads to a folder within the granted ones.
 */
isDirectory: boolean, isSymlink: boolean, 
/**
 * Bytes; of a link, its own.
 */
size: number, 
/**
 * Epoch milliseconds.
 */
modifiedAt: number, };

export type Grant = { uri: string, source: GrantSource, 
/**
 * Epoch milliseconds; null for a folder of the window.
 */
addedAt: number | null, };

export type GrantSource = "user" | "workspace";

export type Grants = { grants: Array<Grant>, };

export type SettingSource = "default" | "user";

export type Settings = { 
/**
 * By dotted name.
 */
settings: Record<string, boolean | number | string>, sources: Record<string, SettingSource>, 
/**
 * What in the file could not be used, in sentences.
 */
problems: Array<string>, };

export type SettingsUpdateParams = { changes: Record<string, boolean | number | string | null>, };

export type SettingsSchema = { schema: unknown, };

export interface Requests {
  "outrigger/ping": { params: NoParams; result: Pong };
  "outrigger/metrics": { params: NoParams; result: Metrics };
  "outrigger/appServer/status": { params: NoParams; result: AppServerStatus };
  "outrigger/appServer/start": { params: NoParams; result: AppServerStatus };
  "outrigger/appServer/stop": { params: NoParams; result: AppServerStatus };
  "outrigger/appServer/restart": { params: NoParams; result: AppServerStatus };
  "outrigger/approval/list": { params: ApprovalListParams; result: ApprovalList };
  "outrigger/approval/decide": { params: DecideParams; result: ApprovalRequested };
  "outrigger/approval/proposed": { params: ApprovalRef; result: ProposedFiles };
  "outrigger/approval/history": { params: HistoryParams; result: History };
  "outrigger/thread/subscribe": { params: ThreadRef; result: Done };
  "outrigger/thread/unsubscribe": { params: ThreadRef; result: Done };
  "outrigger/thread/snapshot": { params: SnapshotParams; result: Snapshot };
  "outrigger/thread/item": { params: ItemRef; result: ItemWhole };
  "outrigger/thread/running": { params: ThreadRef; result: Running };
  "outrigger/thread/endProcess": { params: EndProcessParams; result: Done };
  "outrigger/thread/queue/list": { params: ThreadRef; result: Queue };
  "outrigger/thread/queue/add": { params: QueueAddParams; result: Queue };
  "outrigger/thread/queue/update": { params: QueueUpdateParams; result: Queue };
  "outrigger/thread/queue/remove": { params: QueueRemoveParams; result: Queue };
  "outrigger/thread/queue/reorder": { params: QueueReorderParams; result: Queue };
  "outrigger/grant/list": { params: NoParams; result: Grants };
  "outrigger/grant/add": { params: FileRef; result: Grants };
  "outrigger/grant/remove": { params: FileRef; result: Grants };
  "outrigger/file/listDirectory": { params: FileRef; result: Directory };
  "outrigger/settings/get": { params: NoParams; result: Settings };
  "outrigger/settings/update": { params: SettingsUpdateParams; result: Settings };
  "outrigger/settings/schema": { params: NoParams; result: SettingsSchema };
  "outrigger/atom/get": { params: AtomRef; result: AtomValue };
  "outrigger/atom/set": { params: AtomSetParams; result: AtomRevision };
  "outrigger/atom/delete": { params: AtomDeleteParams; result: Done };
  "outrigger/atom/list": { params: AtomListParams; result: AtomList };
  "outrigger/hunk/list": { params: HunkListParams; result: FileHunks };
  "outrigger/hunk/stage": { params: HunkActParams; result: HunkActed };
  "outrigger/hunk/unstage": { params: HunkActParams; result: HunkActed };
  "outrigger/hunk/revert": { params: HunkActParams; result: HunkActed };
  "outrigger/file/stage": { params: FileActParams; result: HunkActed };
  "outrigger/file/unstage": { params: FileActParams; result: HunkActed };
  "outrigger/file/revert": { params: FileActParams; result: HunkActed };
  "outrigger/hunk/keep": { params: HunkKeepParams; result: HunkKept };
  "outrigger/hunk/undo": { params: HunkUndoParams; result: HunkUndone };
  "outrigger/hunk/journal": { params: HunkJournalParams; result: HunkJournal };
  "outrigger/hunk/journaled": { params: HunkJournaledParams; result: HunkJournaled };
  "outrigger/turn/diff": { params: TurnDiffParams; result: TurnDiff };
  "outrigger/turn/undo": { params: TurnUndoParams; result: TurnUndone };
  "outrigger/review/list": { params: ReviewListParams; result: ReviewList };
  "outrigger/terminal/create": { params: TerminalCreateParams; result: TerminalHeld };
  "outrigger/terminal/attach": { params: TerminalRef; result: TerminalAttached };
  "outrigger/terminal/write": { params: TerminalWriteParams; result: Done };
  "outrigger/terminal/resize": { params: TerminalResizeParams; result: Done };
  "outrigger/terminal/detach": { params: TerminalRef; result: Done };
  "outrigger/terminal/close": { params: TerminalCloseParams; result: TerminalClosed };
  "outrigger/terminal/restart": { params: TerminalRef; result: TerminalHeld };
  "outrigger/terminal/watch": { params: TerminalWatchParams; result: TerminalHeld };
  "outrigger/terminal/list": { params: NoParams; result: TerminalList };
  "outrigger/automation/create": { params: AutomationFields; result: AutomationHeld };
  "outrigger/automation/update": { params: AutomationFields; result: AutomationHeld };
  "outrigger/automation/get": { params: AutomationRef; result: AutomationHeld };
  "outrigger/automation/pause": { params: AutomationRef; result: AutomationHeld };
  "outrigger/automation/resume": { params: AutomationRef; result: AutomationHeld };
  "outrigger/automation/delete": { params: AutomationRef; result: Done };
  "outrigger/automation/list": { params: NoParams; result: AutomationList };
  "outrigger/automation/run": { params: AutomationRunParams; result: AutomationRunHeld };
  "outrigger/automation/preview": { params: AutomationPreviewParams; result: AutomationPreview };
  "outrigger/automation/runs": { params: AutomationRunsParams; result: AutomationRuns };
  "outrigger/automation/run/accept": { params: RunRef; result: AutomationRunHeld };
  "outrigger/automation/run/archive": { params: RunRef; result: AutomationRunHeld };
  "outrigger/inbox/list": { params: InboxListParams; result: InboxList };
  "outrigger/inbox/markRead": { params: InboxRef; result: InboxItemHeld };
  "outrigger/inbox/archive": { params: InboxRef; result: InboxItemHeld };
}

export interface ClientNotifications {
  "outrigger/session/update": SessionUpdate;
  "outrigger/terminal/ack": TerminalAckParams;
}

export interface Notifications {
  "outrigger/appServer/status": AppServerStatus;
  "outrigger/diagnostic": Diagnostic;
  "outrigger/approval/requested": ApprovalRequested;
  "outrigger/approval/resolved": ApprovalResolved;
  "outrigger/approval/hunksRefused": HunksRefused;
  "outrigger/thread/changed": ThreadChanged;
  "outrigger/thread/queue/changed": QueueChanged;
  "outrigger/hunk/changed": HunkChanged;
  "outrigger/review/changed": ReviewChanged;
  "outrigger/terminal/data": TerminalData;
  "outrigger/terminal/exited": TerminalExited;
  "outrigger/terminal/changed": TerminalChanged;
  "outrigger/terminal/detached": TerminalDetached;
  "outrigger/automation/changed": AutomationChanged;
  "outrigger/automation/runChanged": AutomationRunHeld;
  "outrigger/inbox/changed": InboxItemHeld;
  "outrigger/grant/changed": Grants;
  "outrigger/settings/changed": Settings;
  "outrigger/atom/changed": Atom;
}
