// What the status bar says, from what is so. No VS Code in it.

import { t } from "./l10n";
import type { Approval } from "./protocol.generated";
import type { Place } from "./trust";
import type { Page } from "./view/conversation";
import { headline, oneLine } from "./wording";

/** `text` begins with an icon; `command` is what a click does. `calls` for attention: something waits for the person. */
export type Status = { text: string; tooltip: string; command: string; calls: boolean };

const VIEW = "outrigger.view.focus";
/** The most of one approval that a tooltip shows, in characters. */
const TOOLTIP_LIMIT = 120;

/** Null where nothing of ours runs: there is nothing to say. */
export function statusOf(
  place: Place,
  { link, appServer, activeTurnId }: Pick<Page, "link" | "appServer" | "activeTurnId">,
  pending: Approval[],
): Status | null {
  if (place !== "open" || link.state === "off") return null;
  if (link.state === "stopped") {
    const [hint, command] =
      link.remedy === "daemon"
        ? [t("Click to restart the daemon."), "outrigger.restartToUpdate"]
        : [t("Click to restart it."), "outrigger.restart"];
    return said(`$(warning) ${t("Outrigger stopped")}`, `${link.message}\n${hint}`, command);
  }
  if (link.state === "starting") {
    return link.again
      ? said("$(loading~spin) Outrigger", t("Outrigger's connection was lost. Connecting again…"), VIEW)
      : said("$(loading~spin) Outrigger", t("Starting Outrigger…"), VIEW);
  }
  if (pending.length > 0) {
    const waits = pending.length === 1 ? t("Codex waits for you") : t("Codex waits for you ({0})", pending.length);
    const tooltip = pending.map((approval) => oneLine(headline(approval), TOOLTIP_LIMIT).text).join("\n");
    return { text: `$(bell-dot) ${waits}`, tooltip, command: "outrigger.approval.next", calls: true };
  }
  const error = appServer?.lastError;
  switch (appServer?.state) {
    case "ready": {
      if (activeTurnId !== null) return said("$(sync~spin) Codex", t("Codex is working. Click to watch."), VIEW);
      return said(
        "$(comment-discussion) Codex",
        t("Codex {0} is ready. Click to write to it.", appServer.version ?? ""),
        VIEW,
      );
    }
    case "failed": {
      if (error?.kind === "cliMissing") {
        return said(`$(warning) ${t("Codex not found")}`, `${error.message}\n${t("Click to see what to do.")}`, VIEW);
      }
      return said(`$(warning) ${t("Codex is not running")}`, error?.message ?? t("It did not say why."), VIEW);
    }
    case "restarting":
      return said(
        "$(loading~spin) Codex",
        `${t("Codex stopped; starting it again.")}\n${error?.message ?? ""}`.trim(),
        VIEW,
      );
    case "stopped":
      return said("$(circle-slash) Codex", t("Codex is stopped. Click to start it."), VIEW);
    default:
      return said("$(loading~spin) Codex", t("Starting Codex…"), VIEW);
  }
}

function said(text: string, tooltip: string, command: string): Status {
  return { text, tooltip, command, calls: false };
}
