// What automations, their runs and the inbox are called, wherever they are shown. No VS Code in it.

import { t } from "../l10n";
import type { Automation, AutomationRun, InboxItem } from "../protocol.generated";
import { baseName, oneLine } from "../wording";
import { momentWords, scheduleWords, soonWords, zoneWords } from "./schedule";

/** The most of a name or a title that a row shows, in characters. */
const ROW_LIMIT = 100;

export type Sign = { icon: string; color?: string };

/** What an automation is at, as its row says and its menu asks. */
export type Standing = "active" | "paused" | "stopped" | "desktop";

export function standingOf({ owner, status, problem }: Automation): Standing {
  if (owner === "desktop") return "desktop";
  if (problem !== null) return "stopped";
  return status === "ACTIVE" ? "active" : "paused";
}

export function automationName({ name, id }: Automation): string {
  return oneLine(name, ROW_LIMIT).text || id;
}

/** "Mon, 09:30 AM (Berlin) · Weekdays at 09:30 AM" */
export function automationRow(automation: Automation, running: boolean, now: number, language?: string): string {
  const schedule = scheduleWords(automation.rrule, language);
  const standing = running ? t("runs now") : standingWords(automation, now, language);
  return [standing, schedule].filter(Boolean).join(" · ");
}

function standingWords(automation: Automation, now: number, language?: string): string {
  switch (standingOf(automation)) {
    case "desktop":
      return t("run by the desktop app");
    case "stopped":
      return oneLine(automation.problem ?? "", ROW_LIMIT).text;
    case "paused":
      return t("paused");
    default: {
      const { nextRunAt, timezone } = automation;
      if (nextRunAt === null) return "";
      return `${soonWords(nextRunAt, now, timezone, language)} (${zoneWords(timezone)})`;
    }
  }
}

/** All of it, a line each; names and reasons as they are, so not for Markdown. */
export function automationTooltip(automation: Automation, last: AutomationRun | undefined, language?: string): string {
  const { timezone, nextRunAt, lastRunAt, problem, cwds, rrule } = automation;
  const at = (moment: number) => `${momentWords(moment, timezone, language, true)}, ${timezone}`;
  const lastWords = last ? `${statusWords(last)}, ` : "";
  return [
    automation.name,
    problem ?? "",
    automation.owner === "desktop" ? t("The Codex desktop app runs it. Take it over to have Outrigger run it.") : "",
    `${scheduleWords(rrule, language)} (${timezone})`,
    nextRunAt === null ? t("Nothing is due.") : t("Next: {0}", at(nextRunAt)),
    lastRunAt === null ? t("It has not run yet.") : t("Last: {0}", lastWords + at(lastRunAt)),
    t("In {0}", cwds.map(baseName).join(", ")),
  ]
    .filter(Boolean)
    .join("\n");
}

export function automationSign(automation: Automation, running: boolean): Sign {
  if (running) return { icon: "sync~spin" };
  switch (standingOf(automation)) {
    case "desktop":
      return { icon: "vm" };
    case "stopped":
      return { icon: "warning", color: "list.warningForeground" };
    case "paused":
      return { icon: "debug-pause" };
    default:
      return { icon: "clock" };
  }
}

/** Whether a person has yet to say what becomes of it. */
export function isOpen({ status, worktree }: AutomationRun): boolean {
  if (status === "IN_PROGRESS") return false;
  return worktree !== null || ["PENDING_REVIEW", "FAILED", "INTERRUPTED"].includes(status);
}

export function statusWords({ status, missed }: AutomationRun): string {
  switch (status) {
    case "IN_PROGRESS":
      return t("Running");
    case "PENDING_REVIEW":
      return t("To review");
    case "ACCEPTED":
      return t("Accepted");
    case "ARCHIVED":
      return t("In the archive");
    case "FAILED":
      return t("Failed");
    case "INTERRUPTED":
      return t("Interrupted");
    case "MISSED":
      return missed > 1 ? t("Missed {0} times", missed) : t("Missed");
    default:
      return status;
  }
}

export function runSign({ status }: Pick<AutomationRun, "status">): Sign {
  switch (status) {
    case "IN_PROGRESS":
      return { icon: "sync~spin" };
    case "PENDING_REVIEW":
      return { icon: "circle-filled", color: "charts.blue" };
    case "ACCEPTED":
      return { icon: "check", color: "testing.iconPassed" };
    case "ARCHIVED":
      return { icon: "archive" };
    case "FAILED":
      return { icon: "error", color: "list.errorForeground" };
    case "INTERRUPTED":
      return { icon: "debug-stop", color: "list.warningForeground" };
    case "MISSED":
      return { icon: "watch" };
    default:
      return { icon: "circle-outline" };
  }
}

/** A run by what it brought, else by how it ended. `name` is that of its automation, which says nothing new. */
export function runTitle(run: AutomationRun, name?: string): string {
  const said = [run.title === name ? null : run.title, run.summary].find((text) => text?.trim());
  return said ? oneLine(said, ROW_LIMIT).text : statusWords(run);
}

/** "To review · Mon, Nov 23, 09:30 · by hand" */
export function runRow(run: AutomationRun, zone: string | undefined, language?: string): string {
  const status = (run.title ?? run.summary) ? statusWords(run) : "";
  const again = run.attempt > 1 ? t("{0}. attempt", run.attempt) : "";
  return [status, momentWords(run.scheduledFor, zone, language), triggerWords(run), again].filter(Boolean).join(" · ");
}

function triggerWords({ trigger }: AutomationRun): string {
  if (trigger === "manual") return t("by hand");
  return trigger === "catchUp" ? t("made up for") : "";
}

export function runTooltip(run: AutomationRun, zone: string | undefined, language?: string): string {
  const at = (moment: number) => momentWords(moment, zone, language, true);
  const { startedAt, finishedAt } = run;
  return [
    `${statusWords(run)}: ${runTitle(run)}`,
    run.error ?? "",
    run.summary ?? "",
    t("Due: {0}", at(run.scheduledFor)),
    startedAt === null ? "" : t("Began: {0}", at(startedAt)),
    finishedAt === null ? "" : t("Ended: {0}", at(finishedAt)),
    startedAt === null || finishedAt === null ? "" : t("Took {0}", spanWords(finishedAt - startedAt)),
    run.worktree === null ? "" : t("Worktree: {0}", baseName(run.worktree)),
  ]
    .filter(Boolean)
    .join("\n");
}

/** A span of time; `ms` in milliseconds. */
export function spanWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return t("{0} s", seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? t("{0} min", minutes) : t("{0} min {1} s", minutes, seconds % 60);
  return minutes % 60 === 0 ? t("{0} h", minutes / 60) : t("{0} h {1} min", Math.floor(minutes / 60), minutes % 60);
}

export function itemTitle({ title }: InboxItem): string {
  return oneLine(title, ROW_LIMIT).text || t("Untitled");
}

/** "Yesterday's issues · Mon, 09:30 AM"; one that is called like its automation, by what it says. */
export function itemRow(item: InboxItem, automation: Automation | undefined, now: number, language?: string): string {
  const from = automation ? automationName(automation) : item.automationId;
  const said = from === itemTitle(item) ? oneLine(item.description, ROW_LIMIT).text : from;
  return [agoWords(item.createdAt, now, language), said].filter(Boolean).join(" · ");
}

/** A moment that has passed: the time alone on the same day. */
function agoWords(at: number, now: number, language?: string): string {
  const same = new Date(at).toDateString() === new Date(now).toDateString();
  if (!same) return momentWords(at, undefined, language);
  return new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}
