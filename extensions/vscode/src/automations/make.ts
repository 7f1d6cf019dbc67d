// Makes the parts of automations and joins them. The entry of a file of its own, with its own copy of the texts.

import "../bundle";
import * as vscode from "vscode";
import type { Door, Owned } from "../door";
import * as settings from "../settings";
import { runSidecar } from "../sidecar";
import { Automations } from "./automations";
import { type AutomationParts, automationCommands, runCommands } from "./commands";
import { folderOf, FormPanels } from "./formPanel";
import { Inbox } from "./inbox";
import { InboxTree, WorktreeTree } from "./inboxTree";
import { AutomationTree } from "./tree";

export function makeAutomations(
  extension: vscode.Uri,
  door: Door,
  openThread: (threadId: string) => Promise<void>,
): Owned[] {
  const automations = new Automations(door);
  const inbox = new Inbox(door);
  const panels = new FormPanels(extension, {
    ...{ door, folderOf },
    folders: () => (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => folderOf(uri.toString())),
    installAtLogin: () => runSidecar(settings.sidecarPath(extension), ["daemon", "install"]),
  });
  const edit: AutomationParts["edit"] = (automation) => panels.show(automation);
  const parts: AutomationParts = { door, automations, inbox, edit, openThread };
  const commands = { ...automationCommands(parts), ...runCommands(parts) };
  const owned = [
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run)),
    new AutomationTree(automations),
    new InboxTree(inbox, automations),
    new WorktreeTree(automations),
    panels,
    inbox,
    automations,
  ];
  automations.connect();
  inbox.connect();
  return owned;
}
