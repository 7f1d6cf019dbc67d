// Makes the account and joins it with its status item and its commands.

import * as vscode from "vscode";
import { type Door, type Owned, refusalOf } from "../door";
import { t } from "../l10n";
import type { Account } from "./account";
import { pickAccount } from "./accountPick";
import { signIn } from "./signIn";
import { statusWords } from "./wording";

export function makeAccount(door: Door, account: Account, folder: () => string | null): Owned[] {
  const item = vscode.window.createStatusBarItem("outrigger.account", vscode.StatusBarAlignment.Left, 49);
  item.name = t("Outrigger: account");
  const draw = () => {
    void vscode.commands.executeCommand("setContext", "outrigger.signInNeeded", account.needed);
    const { known, required, account: signedIn } = account.state;
    void vscode.commands.executeCommand("setContext", "outrigger.signedIn", known && (!required || signedIn !== null));
    const words = door.state.state === "running" ? statusWords(account.state, Date.now()) : null;
    if (!words) {
      item.hide();
      return;
    }
    item.text = words.text;
    item.tooltip = words.tooltip;
    item.command = account.needed ? "outrigger.account.signIn" : "outrigger.account.show";
    item.show();
  };
  const command = (id: string, run: () => unknown) => vscode.commands.registerCommand(`outrigger.account.${id}`, run);
  account.onChange.add(draw);
  const followed = door.onState(draw);
  account.connect();
  return [
    item,
    account,
    { dispose: followed },
    command("signIn", () => signIn(account)),
    command("signOut", () => signOut(account)),
    command("show", () => pickAccount(door, account, folder())),
  ];
}

async function signOut(account: Account): Promise<void> {
  const text = t("Sign out of Codex? Every window and program that uses it is signed out.");
  const out = t("Sign Out");
  if ((await vscode.window.showWarningMessage(text, { modal: true }, out)) !== out) return;
  try {
    await account.signOut();
  } catch (error) {
    void vscode.window.showErrorMessage(refusalOf(error).message);
  }
}
