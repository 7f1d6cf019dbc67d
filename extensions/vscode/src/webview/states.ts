// What the view says when there is no conversation to show, or when something stands in its way.

import { css, html, nothing, type TemplateResult } from "lit";
import { t } from "../l10n";
import type { FromView, ViewPage } from "../view/messages";
import { oneLine } from "../wording";
import { post } from "./host";
import { codicon } from "./icon";

/** A queued message is shown as one line of this many characters; its title has the rest. */
const QUEUED_LIMIT = 200;
const restartDaemon = () => t("Restart Outrigger's Daemon");

function button(text: string, type: Exclude<FromView, { text: string }>["type"], secondary = false): TemplateResult {
  const send = () => post({ type } as FromView);
  return html`<vscode-button ?secondary=${secondary} @click=${send}>${text}</vscode-button>`;
}

function said(
  title: string,
  text: string | TemplateResult,
  hint: string | null,
  ...actions: TemplateResult[]
): TemplateResult {
  return html`<div class="said" role="status">
    <strong>${title}</strong>
    <div class="words">${text}</div>
    ${hint ? html`<div class="dim words">${hint}</div>` : nothing}
    ${actions.length > 0 ? html`<div class="actions">${actions}</div>` : nothing}
  </div>`;
}

export const waitingStyles = css`
  .waiting {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 4px 0;
    color: var(--vscode-descriptionForeground);
  }
  .waiting vscode-progress-ring {
    width: 16px;
    height: 16px;
  }
`;

export function waiting(text: string): TemplateResult {
  return html`<div class="waiting" role="status">
    <vscode-progress-ring></vscode-progress-ring><span>${text}</span>
  </div>`;
}

/** What fills the view instead of a conversation; null when the conversation can be shown. */
export function insteadOf(page: ViewPage): TemplateResult | null {
  if (page.place === "untrusted") {
    const text = t("Outrigger starts no process and writes nothing until you trust this workspace.");
    return said(t("This workspace is not trusted"), text, null, button(t("Manage Workspace Trust"), "manageTrust"));
  }
  if (page.place === "noFolder") {
    return said(
      t("No folder is open"),
      t("A thread works in a folder. Open one to start."),
      null,
      button(t("Open Folder"), "openFolder"),
    );
  }
  if (page.link.state === "stopped") {
    const again =
      page.link.remedy === "daemon" ? button(restartDaemon(), "restartDaemon") : button(t("Restart"), "restart");
    const actions = [again, button(t("Show Log"), "showLog", true)];
    return said(t("Outrigger is not running"), page.link.message, page.link.hint, ...actions);
  }
  const connected = page.link.state === "running" || (page.link.state === "starting" && page.link.again);
  return connected ? null : waiting(t("Starting Outrigger…"));
}

/** The sidecar that ran is gone and the next is on its way. */
export function awayBanner({ link }: ViewPage): TemplateResult {
  if (link.state !== "starting" || !link.stuck)
    return waiting(t("The connection to Outrigger was lost. Connecting again…"));
  return html`${waiting(t("Outrigger does not answer. Connecting again…"))}
    <div class="actions">${button(restartDaemon(), "restartDaemon", true)}</div>`;
}

/** What is wrong with the app-server, above the composer; nothing when it runs. */
export function appServerBanner(page: ViewPage): TemplateResult | typeof nothing {
  const { appServer } = page;
  if (!appServer || appServer.state === "ready") return nothing;
  const error = appServer.lastError;
  if (appServer.state === "starting") return waiting(t("Starting Codex…"));
  if (appServer.state === "restarting") {
    return html`${waiting(t("Codex stopped; starting it again ({0})…", appServer.attempt))}
    ${error ? html`<div class="dim words">${error.message}</div>` : nothing}`;
  }
  if (appServer.state === "stopped")
    return said(t("Codex is stopped"), "", null, button(t("Start Codex"), "restartCodex"));
  if (error?.kind === "cliMissing") {
    const actions = [button(t("Install Codex"), "install"), button(t("Retry"), "restartCodex", true)];
    return said(t("Codex is not installed"), error.message, error.hint, ...actions);
  }
  const words = html`<pre>${error?.message ?? t("It did not say why.")}</pre>`;
  const actions = [button(t("Restart Codex"), "restartCodex"), button(t("Show Log"), "showLog", true)];
  return said(t("Codex is not running"), words, error?.hint ?? null, ...actions);
}

export function busyBanner(page: ViewPage): TemplateResult | typeof nothing {
  if (page.readOnly === null) return nothing;
  const text = t("Another process writes this thread. You can read it here, or go on in a copy.");
  return said(t("Read-only"), text, page.readOnly, button(t("Fork here"), "fork"), button(t("Retry"), "retry", true));
}

export function noticeBanner(page: ViewPage): TemplateResult | typeof nothing {
  if (!page.notice) return nothing;
  return html`<div class="notice" role="alert">
    <div class="grow">
      <div class="words error">${page.notice.text}</div>
      ${page.notice.hint ? html`<div class="dim words">${page.notice.hint}</div>` : nothing}
    </div>
    <vscode-button
      secondary
      icon="close"
      icon-only
      aria-label=${t("Dismiss")}
      @click=${() => post({ type: "dismiss" })}
    ></vscode-button>
  </div>`;
}

/** What waits for the running turn to end. */
export function queuePanel(page: ViewPage): TemplateResult | typeof nothing {
  if (page.queue.length === 0) return nothing;
  const ids = page.queue.map(({ id }) => id);
  const act = (icon: string, name: string, message: FromView) =>
    html`<button class="plain icon" aria-label=${name} title=${name} @click=${() => post(message)}>
      ${codicon(icon)}
    </button>`;
  const up = (at: number) => {
    const order = [...ids.slice(0, at - 1), ids[at] ?? "", ids[at - 1] ?? "", ...ids.slice(at + 1)];
    return act("arrow-up", t("Send earlier"), { type: "reorderQueued", ids: order });
  };
  const when = page.activeTurnId === null ? t("Waits for the next turn to end") : t("Sent when Codex is done");
  return html`<section class="running" aria-label=${t("Queued messages")}>
    <strong>${when}</strong>
    ${page.queue.map(
      ({ id, text, pictures }, at) =>
        html`<div class="row">
          <span class="grow clip" title=${text}>${oneLine(text, QUEUED_LIMIT).text}</span>
          ${pictures.length > 0 ? codicon("file-media", { label: t("with a picture") }) : nothing}
          ${at > 0 ? up(at) : nothing} ${act("edit", t("Edit"), { type: "editQueued", id })}
          ${act("close", t("Remove"), { type: "removeQueued", id })}
        </div>`,
    )}
  </section>`;
}

export function runningPanel(page: ViewPage): TemplateResult | typeof nothing {
  if (page.running.length === 0 || page.activeTurnId !== null) return nothing;
  return html`<section class="running" aria-label=${t("Still running")}>
    <strong>${t("Still running")}</strong>
    ${page.running.map(
      ({ processId, command }) =>
        html`<div class="row">
          <code class="grow clip" title=${command}>${command}</code>
          <vscode-button secondary @click=${() => post({ type: "endProcess", processId })}>${t("End")}</vscode-button>
        </div>`,
    )}
  </section>`;
}
