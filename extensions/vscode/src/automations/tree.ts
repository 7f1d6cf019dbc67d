// The list of automations, with the runs of each below it, and the definitions that cannot be used.

import * as vscode from "vscode";
import type { Owned } from "../door";
import { t } from "../l10n";
import type { AutomationProblem, AutomationRun } from "../protocol.generated";
import type { Automations } from "./automations";
import { runItem, themeIcon } from "./runItem";
import { automationName, automationRow, automationSign, automationTooltip, standingOf } from "./wording";

export type AutomationNode =
  | { kind: "automation"; automationId: string }
  | { kind: "run"; runId: string }
  | { kind: "older"; automationId: string }
  | { kind: "noRuns" }
  | { kind: "problem"; problem: AutomationProblem };

export class AutomationTree implements vscode.TreeDataProvider<AutomationNode>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly view: vscode.TreeView<AutomationNode>;
  private readonly disposables: Owned[];

  constructor(private readonly automations: Automations) {
    this.view = vscode.window.createTreeView("outrigger.automations", { treeDataProvider: this });
    this.disposables = [this.changes, this.view, { dispose: automations.onChange.add(() => this.draw()) }];
    this.draw();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  getChildren(node?: AutomationNode): AutomationNode[] {
    const { automations } = this;
    if (!node) {
      return [
        ...automations.problems.map((problem): AutomationNode => ({ kind: "problem", problem })),
        ...automations.all.map(({ id }): AutomationNode => ({ kind: "automation", automationId: id })),
      ];
    }
    if (node.kind !== "automation") return [];
    const { automationId } = node;
    const runs = automations.runsOf(automationId).map(({ runId }): AutomationNode => ({ kind: "run", runId }));
    const older: AutomationNode[] = automations.mayHaveOlder(automationId) ? [{ kind: "older", automationId }] : [];
    return runs.length + older.length === 0 ? [{ kind: "noRuns" }] : [...runs, ...older];
  }

  getTreeItem(node: AutomationNode): vscode.TreeItem {
    switch (node.kind) {
      case "automation":
        return this.automationItem(node.automationId);
      case "run": {
        const run = this.automations.run(node.runId);
        return run ? runItem(run, this.automations.get(run.automationId)) : new vscode.TreeItem("");
      }
      case "older": {
        const item = new vscode.TreeItem(t("Show older runs"));
        item.id = `older:${node.automationId}`;
        item.command = { title: t("Show older runs"), command: "outrigger.automation.older", arguments: [node] };
        return item;
      }
      case "noRuns":
        return new vscode.TreeItem(t("It has not run yet."));
      case "problem":
        return problemItem(node.problem);
    }
  }

  private automationItem(id: string): vscode.TreeItem {
    const automation = this.automations.get(id);
    if (!automation) return new vscode.TreeItem("");
    const runs = this.automations.runsOf(id);
    const running = runs.some(({ status }) => status === "IN_PROGRESS");
    const last = runs.find(({ startedAt }: AutomationRun) => startedAt !== null);
    const item = new vscode.TreeItem(automationName(automation), vscode.TreeItemCollapsibleState.Collapsed);
    item.id = `automation:${id}`;
    item.description = automationRow(automation, running, Date.now(), vscode.env.language);
    item.tooltip = automationTooltip(automation, last, vscode.env.language);
    item.iconPath = themeIcon(automationSign(automation, running));
    item.contextValue = `automation ${standingOf(automation)}`;
    return item;
  }

  private draw(): void {
    const { state, all, problems, error } = this.automations;
    const shown = state === "ready" && all.length + problems.length === 0 ? "empty" : state;
    void vscode.commands.executeCommand("setContext", "outrigger.automations", shown);
    this.view.message = state === "failed" && error !== null ? error : "";
    const stopped = all.filter((automation) => standingOf(automation) === "stopped").length + problems.length;
    this.view.description = stopped === 0 ? "" : t("{0} stopped", stopped);
    this.changes.fire();
  }
}

function problemItem({ uri, message }: AutomationProblem): vscode.TreeItem {
  const file = vscode.Uri.parse(uri);
  // The folder of a definition is what names it.
  const item = new vscode.TreeItem(file.path.split("/").at(-2) ?? uri);
  item.id = `problem:${uri}`;
  item.description = message;
  item.tooltip = `${file.fsPath}\n${message}`;
  item.iconPath = themeIcon({ icon: "error", color: "list.errorForeground" });
  item.contextValue = "problem";
  item.command = { title: t("Open"), command: "vscode.open", arguments: [file] };
  return item;
}
