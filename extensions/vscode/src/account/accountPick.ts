// The account, the plan's limits, tool servers, skills and hooks, in one list.

import * as vscode from "vscode";
import { type CodexSkill, type Door, type Hook, type McpServer, refusalOf } from "../door";
import { t } from "../l10n";
import { say } from "../surfaces/notifications";
import { baseName, oneLine } from "../wording";
import type { Account } from "./account";
import { accountWords, limitRows, serverWords } from "./wording";

type Row = vscode.QuickPickItem & { act?: () => unknown };

/** Of a skill or a hook, in characters. */
const DETAIL = 120;

/** Shows it; what can't be read is left out, and said. */
export async function pickAccount(door: Door, account: Account, folder: string | null): Promise<void> {
  const pick = vscode.window.createQuickPick<Row>();
  pick.title = t("Codex Account");
  pick.matchOnDetail = true;
  pick.busy = true;
  pick.items = accountRows(account);
  pick.onDidAccept(() => {
    const [row] = pick.selectedItems;
    if (!row?.act) return;
    pick.hide();
    void row.act();
  });
  pick.onDidHide(() => pick.dispose());
  pick.show();
  const cwds = folder === null ? {} : { cwds: [folder] };
  const [, servers, skills, hooks] = await Promise.all([
    account.read(),
    door.request("codex/mcpServerStatus/list", { limit: 100 }).then(({ data }) => data, nothing),
    door.request("codex/skills/list", cwds).then(({ data }) => data.flatMap((entry) => entry.skills), nothing),
    door.request("codex/hooks/list", cwds).then(({ data }) => data.flatMap((entry) => entry.hooks), nothing),
  ]);
  pick.items = [
    ...accountRows(account),
    ...section(
      t("Tool servers (MCP)"),
      servers.map((server) => serverRow(door, server)),
    ),
    ...section(t("Skills"), skills.map(skillRow)),
    ...section(t("Hooks"), hooks.map(hookRow)),
    ...section(t("Rules"), [
      {
        label: `$(law) ${t("Commands that are always allowed")}`,
        act: () => vscode.commands.executeCommand("outrigger.rules.open"),
      },
    ]),
  ];
  pick.busy = false;
}

/** What the app-server can't say, of an older one for instance, is not shown. */
function nothing(): never[] {
  return [];
}

function section(label: string, rows: Row[]): Row[] {
  return rows.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...rows];
}

function accountRows(account: Account): Row[] {
  const { known, account: signedIn, required, limits } = account.state;
  if (!known) return [{ label: `$(loading~spin) ${t("Asking Codex…")}` }];
  const run = (id: string) => () => vscode.commands.executeCommand(`outrigger.account.${id}`);
  const limitWords = limitRows(limits, Date.now()).map(({ name, used, reset }): Row => ({
    label: `$(pulse) ${name}`,
    description: [t("{0} % used", used), reset].filter(Boolean).join(", "),
  }));
  const what: Row[] = [{ label: `$(account) ${accountWords(signedIn, required)}` }];
  if (signedIn) what.push({ label: `$(sign-out) ${t("Sign out")}`, act: run("signOut") });
  if (!signedIn || signedIn.type === "apiKey") {
    what.push({ label: `$(sign-in) ${t("Sign in…")}`, act: run("signIn") });
  }
  return [...section(t("Account"), what), ...section(t("Limits of the plan"), limitWords)];
}

function serverRow(door: Door, server: McpServer): Row {
  const { text, signIn } = serverWords(server);
  const icon = signIn ? "sign-in" : "server-process";
  const row: Row = { label: `$(${icon}) ${plain(server.name)}`, description: text };
  return signIn ? { ...row, act: () => signInTo(door, server.name) } : row;
}

/** Signs in to a tool server in the browser; Codex says when that is done. */
async function signInTo(door: Door, name: string): Promise<void> {
  try {
    const { authorizationUrl } = await door.request("codex/mcpServer/oauth/login", { name });
    const done = door.onNote("codex/mcpServer/oauthLogin/completed", (end) => {
      if (end.name !== name) return;
      done();
      if (end.success) say(t("Signed in to {0}.", name));
      else void vscode.window.showErrorMessage(t("The sign-in to {0} failed: {1}", name, end.error ?? ""));
    });
    await vscode.env.openExternal(vscode.Uri.parse(authorizationUrl, true));
  } catch (error) {
    void vscode.window.showErrorMessage(t("The sign-in to {0} failed: {1}", name, refusalOf(error).message));
  }
}

function skillRow({ name, description, enabled, path, scope }: CodexSkill): Row {
  return {
    label: `$(lightbulb) ${plain(name)}`,
    description: enabled ? scope : t("{0}, off", scope),
    detail: oneLine(description, DETAIL).text,
    act: () => vscode.window.showTextDocument(vscode.Uri.file(path)),
  };
}

function hookRow({ eventName, handlerType, command, enabled, sourcePath }: Hook): Row {
  return {
    label: `$(zap) ${plain(eventName)}`,
    description: [enabled ? "" : t("off"), sourcePath === undefined ? "" : baseName(sourcePath)]
      .filter(Boolean)
      .join(", "),
    detail: oneLine(command ?? handlerType, DETAIL).text,
    ...(sourcePath === undefined ? {} : { act: () => vscode.window.showTextDocument(vscode.Uri.file(sourcePath)) }),
  };
}

/** A name of somebody else's: no icon of ours. */
function plain(text: string): string {
  return oneLine(text, DETAIL).text.replaceAll("$(", "$ (");
}
