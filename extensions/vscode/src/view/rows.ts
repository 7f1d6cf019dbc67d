// A thread as the rows that the transcript shows, one under the other. No DOM in it.

import { t } from "../l10n";
import type { ItemState, Marker, ThreadState, TurnState } from "../protocol.generated";
import { mayHaveWritten, stringOf } from "./items";

export type Row = { key: string } & (
  | { kind: "item"; turn: TurnState; item: ItemState; over: boolean }
  | { kind: "plan"; plan: Plan; over: boolean }
  | { kind: "marker"; marker: Marker }
  | { kind: "end"; turn: TurnState; last: boolean; acts: boolean }
);

export type PlanStep = { step: string; status: string };
export type Plan = { explanation: string; steps: PlanStep[] };

/** Markers that say what the rows around them say already; a person can still ask for them. */
export const QUIET_MARKERS = ["turnStarted", "turnCompleted", "turnFailed", "turnInterrupted"];

/** `hidden`: the kinds of markers that are left out. */
export function rowsOf(thread: ThreadState, hidden: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const { turns } = thread;
  turns.forEach((turn, at) => rowsOfTurn(rows, turn, at === turns.length - 1, hidden));
  return rows;
}

function rowsOfTurn(rows: Row[], turn: TurnState, last: boolean, hidden: ReadonlySet<string>): void {
  const over = turn.status !== "inProgress";
  const { turnId } = turn;
  for (const item of turn.items) rows.push({ kind: "item", key: `${turnId}/${item.itemId}`, turn, item, over });
  const plan = planOf(turn);
  if (plan) rows.push({ kind: "plan", key: `${turnId}/plan`, plan, over });
  const error = errorText(turn);
  turn.markers.forEach((marker, at) => {
    if (hidden.has(marker.kind) || (error !== "" && marker.text === error)) return;
    rows.push({ kind: "marker", key: `${turnId}/m${at}`, marker });
  });
  const acts = over && mayHaveWritten(turn.items);
  const waits = !over && last && turn.items.every(({ type }) => type === "userMessage");
  if (acts || waits || error !== "" || turn.status === "interrupted")
    rows.push({ kind: "end", key: `${turnId}/end`, turn, last, acts });
}

export function errorText(turn: TurnState): string {
  return stringOf((turn.error as { message?: unknown } | null)?.message);
}

/** The plan that Codex made for a turn, as it stands. */
export function planOf(turn: TurnState): Plan | null {
  const said = turn.plan as { explanation?: unknown; plan?: unknown } | null | undefined;
  const steps = Array.isArray(said?.plan) ? (said.plan as Partial<PlanStep>[]) : [];
  if (steps.length === 0) return null;
  return {
    explanation: stringOf(said?.explanation),
    steps: steps.map(({ step, status }) => ({ step: stringOf(step), status: stringOf(status) })),
  };
}

/** The kinds of markers that a thread has, with how many there are of each. */
export function markerKinds(thread: ThreadState | null): Map<string, number> {
  const kinds = new Map<string, number>();
  for (const { markers } of thread?.turns ?? [])
    for (const { kind } of markers) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return kinds;
}

const MARKER_NAMES: Record<string, () => string> = {
  turnStarted: () => t("Turn started"),
  turnCompleted: () => t("Turn completed"),
  turnFailed: () => t("Turn failed"),
  turnInterrupted: () => t("Turn interrupted"),
  appServerExited: () => t("Codex stopped"),
  error: () => t("Error"),
  retrying: () => t("Retrying"),
  warning: () => t("Warning"),
  guardianWarning: () => t("Guardian warning"),
  configWarning: () => t("Configuration warning"),
  deprecation: () => t("Deprecation"),
  modelRerouted: () => t("Another model answered"),
  modelVerification: () => t("Model verification"),
  safetyBuffering: () => t("Safety check"),
  authRecovery: () => t("Signed in again"),
  compacted: () => t("Conversation compacted"),
  hook: () => t("Hook"),
  autoApprovalReview: () => t("Automatic review"),
  strictReviewRequired: () => t("Review required"),
};

/** A kind of marker in words; one that is new is spelt as it comes. */
export function markerName(kind: string): string {
  const spelt = kind.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return MARKER_NAMES[kind]?.() ?? spelt.charAt(0).toUpperCase() + spelt.slice(1);
}

/** How tall a row is before it was drawn, in pixels. */
export function guessedHeight(row: Row): number {
  if (row.kind !== "item") return row.kind === "plan" ? 120 : 26;
  const { item } = row;
  if (item.type === "agentMessage") return 44 + Math.min(stringOf(item["text"]).length / 3, 1_200);
  return item.type === "userMessage" ? 48 : 26;
}
