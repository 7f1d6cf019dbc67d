// Signing in, by a browser here, by a code in any browser, or with a key.

import * as vscode from "vscode";
import { refusalOf } from "../door";
import { t } from "../l10n";
import { say } from "../surfaces/notifications";
import type { Account, Login } from "./account";

type Way = "chatgpt" | "chatgptDeviceCode" | "apiKey";

/** Asks how, signs in, and resolves with whether somebody is signed in then. */
export async function signIn(account: Account): Promise<boolean> {
  const way = await pickWay();
  try {
    if (way === "apiKey") return await withKey(account);
    if (way !== undefined) return await inBrowser(account, await account.begin(way));
  } catch (error) {
    void vscode.window.showErrorMessage(t("The sign-in failed: {0}", refusalOf(error).message));
  }
  return false;
}

async function pickWay(): Promise<Way | undefined> {
  const browser = {
    label: `$(browser) ${t("ChatGPT in the browser")}`,
    detail: t("Opens a page that signs you in."),
    way: "chatgpt" as Way,
  };
  const code = {
    label: `$(device-mobile) ${t("ChatGPT with a code")}`,
    detail: t("Shows a code to type into any browser, on any device."),
    way: "chatgptDeviceCode" as Way,
  };
  const key = {
    label: `$(key) ${t("API key")}`,
    detail: t("Goes to Codex and is kept by it alone."),
    way: "apiKey" as Way,
  };
  // A browser elsewhere does not reach the page that Codex waits on.
  const away = vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
  const ways = away ? [code, browser, key] : [browser, code, key];
  return (await vscode.window.showQuickPick(ways, { title: t("Sign in to Codex") }))?.way;
}

async function withKey(account: Account): Promise<boolean> {
  const box = { title: t("API key of OpenAI"), password: true, ignoreFocusOut: true };
  const key = (await vscode.window.showInputBox(box))?.trim();
  if (!key) return false;
  await account.useKey(key);
  say(t("Signed in to Codex."));
  return true;
}

async function inBrowser(account: Account, login: Login): Promise<boolean> {
  const { code } = login;
  const ended = account.wait(login);
  if (code === null) await forwarded(login.url);
  else await vscode.env.clipboard.writeText(code);
  const opened = vscode.env.openExternal(vscode.Uri.parse(login.url, true));
  const text =
    code === null
      ? t("Finish the sign-in in the browser. [Open it again]({0})", login.url)
      : t("Type the code {0} (it is on the clipboard) at [{1}]({1})", code, login.url);
  const progress = { location: vscode.ProgressLocation.Notification, cancellable: true, title: text };
  const end = await vscode.window.withProgress(progress, (_, cancelled) => {
    cancelled.onCancellationRequested(() => void account.cancel(login));
    return ended;
  });
  await Promise.resolve(opened).catch(() => undefined); // The link stands in the notification too.
  if (end.success) say(t("Signed in to Codex."));
  else if (end.error !== null) void vscode.window.showErrorMessage(t("The sign-in failed: {0}", end.error));
  return end.success;
}

/** Makes the page that Codex waits on reachable from the browser, where that runs on another machine. */
async function forwarded(url: string): Promise<void> {
  if (vscode.env.remoteName === undefined) return;
  const back = new URL(url).searchParams.get("redirect_uri");
  const page = back === null ? null : new URL(back);
  if (page === null || !["localhost", "127.0.0.1"].includes(page.hostname)) return;
  await vscode.env.asExternalUri(vscode.Uri.parse(page.origin));
}
