// The inbox, with the count of what is unread, and the worktrees of runs that nobody has accepted or archived.

import * as vscode from "vscode";
import type { Owned } from "../door";
import { t } from "../l10n";
import { baseName } from "../wording";
import type { Automations } from "./automations";
import type { Inbox } from "./inbox";
import { runContext, themeIcon } from "./runItem";
import { automationName, itemRow, itemTitle, runSign, runTitle, runTooltip, statusWords } from "./wording";

export type InboxNode = { itemId: string; runId: string };

export class InboxTree implements vscode.TreeDataProvider<InboxNode>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly view: vscode.TreeView<InboxNode>;
  private readonly disposables: Owned[];
  /** Once something was in it, it stays, also when it is empty. */
  private listed = false;

  constructor(
    private readonly inbox: Inbox,
    private readonly automations: Automations,
  ) {
    this.view = vscode.window.createTreeView("outrigger.inbox", { treeDataProvider: this });
    const draw = () => this.draw();
    this.disposables = [
      this.changes,
      this.view,
      { dispose: inbox.onChange.add(draw) },
      { dispose: automations.onChange.add(draw) },
    ];
    this.draw();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  getChildren(node?: InboxNode): InboxNode[] {
    return node ? [] : this.inbox.items.map(({ id, runId }) => ({ itemId: id, runId }));
  }

  getTreeItem({ itemId, runId }: InboxNode): vscode.TreeItem {
    const found = this.inbox.get(itemId);
    if (!found) return new vscode.TreeItem("");
    const { language } = vscode.env;
    const run = this.automations.run(runId);
    const automation = this.automations.get(found.automationId);
    const unread = found.readAt === null;
    const title = itemTitle(found);
    const item = new vscode.TreeItem(title);
    item.id = itemId;
    item.description = itemRow(found, automation, Date.now(), language);
    item.tooltip = [title, found.description, run ? runTooltip(run, automation?.timezone, language) : ""]
      .filter(Boolean)
      .join("\n\n");
    item.iconPath = themeIcon(unread || !run ? { icon: "mail", color: "charts.blue" } : runSign(run));
    item.contextValue = ["item", unread ? "unread" : "", run ? runContext(run) : ""].join(" ");
    item.command = { title: t("Open"), command: "outrigger.inbox.open", arguments: [{ itemId, runId }] };
    const status = run ? statusWords(run) : "";
    const words = [unread ? t("Unread") : "", title, status, item.description];
    item.accessibilityInformation = { label: words.filter(Boolean).join(", ") };
    return item;
  }

  private draw(): void {
    const { unread, items } = this.inbox;
    this.listed ||= items.length > 0;
    void vscode.commands.executeCommand("setContext", "outrigger.inboxListed", this.listed);
    this.view.badge = unread === 0 ? undefined : { value: unread, tooltip: t("{0} unread in the inbox", unread) };
    this.view.description = unread === 0 ? "" : t("{0} unread", unread);
    this.changes.fire();
  }
}

export class WorktreeTree implements vscode.TreeDataProvider<{ runId: string }>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly view: vscode.TreeView<{ runId: string }>;
  private readonly disposables: Owned[];

  constructor(private readonly automations: Automations) {
    this.view = vscode.window.createTreeView("outrigger.worktrees", { treeDataProvider: this });
    this.disposables = [this.changes, this.view, { dispose: automations.onChange.add(() => this.draw()) }];
    this.draw();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  getChildren(node?: { runId: string }): { runId: string }[] {
    return node ? [] : this.automations.worktrees.map(({ runId }) => ({ runId }));
  }

  getTreeItem({ runId }: { runId: string }): vscode.TreeItem {
    const run = this.automations.run(runId);
    if (!run?.worktree) return new vscode.TreeItem("");
    const automation = this.automations.get(run.automationId);
    const item = new vscode.TreeItem(automation ? automationName(automation) : run.automationId);
    item.id = `worktree:${runId}`;
    const branch = automation?.branch ?? null;
    const from = branch === null ? "" : t("from {0}", branch);
    item.description = [baseName(run.worktree), statusWords(run), from].filter(Boolean).join(" · ");
    item.tooltip = [vscode.Uri.parse(run.worktree).fsPath, runTitle(run), item.description].join("\n");
    item.iconPath = new vscode.ThemeIcon("repo-forked");
    item.contextValue = runContext(run);
    return item;
  }

  private draw(): void {
    const any = this.automations.worktrees.length > 0;
    void vscode.commands.executeCommand("setContext", "outrigger.worktreesListed", any);
    this.changes.fire();
  }
}
