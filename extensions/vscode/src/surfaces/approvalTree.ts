// All that waits for the person, in one list: what this window is asked, and apart from it what other folders are. The
// count of the first stands on Outrigger's icon.

import * as vscode from "vscode";
import type { Approvals } from "../approvals";
import type { Owned } from "../door";
import { t } from "../l10n";
import type { Approval, ProposedChange } from "../protocol.generated";
import { type ThreadNames, threadWords } from "../threadNames";
import { baseName, diffCounts, headline, networkOf, oneLine, optionFor, typedCommand } from "../wording";

type Node =
  | { kind: "approval"; approvalId: string }
  | { kind: "file"; approvalId: string; change: ProposedChange }
  | { kind: "elsewhere" };

/** The most of a command that a row shows, in characters. */
const ROW_LIMIT = 120;

export class ApprovalTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly view: vscode.TreeView<Node>;
  private readonly names = new Map<string, string | null>();
  private readonly disposables: Owned[];
  private drawn = "";

  constructor(
    private readonly approvals: Approvals,
    private readonly threads: ThreadNames,
  ) {
    this.view = vscode.window.createTreeView("outrigger.approvals", { treeDataProvider: this });
    this.disposables = [this.changes, this.view, { dispose: approvals.onChange(() => this.draw()) }];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  getChildren(node?: Node): Node[] {
    const rows = (approvals: Approval[]) => approvals.map(({ approvalId }): Node => ({ kind: "approval", approvalId }));
    if (!node) {
      const elsewhere: Node[] = this.approvals.elsewhere.length > 0 ? [{ kind: "elsewhere" }] : [];
      return [...rows(this.approvals.pending), ...elsewhere];
    }
    if (node.kind === "elsewhere") return rows(this.approvals.elsewhere);
    if (node.kind === "file") return [];
    const { approvalId } = node;
    const changes = this.approvals.get(approvalId)?.changes ?? [];
    return changes.length > 1 ? changes.map((change) => ({ kind: "file", approvalId, change })) : [];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === "elsewhere") {
      const item = new vscode.TreeItem(t("In other folders"), vscode.TreeItemCollapsibleState.Collapsed);
      item.id = "elsewhere";
      item.description = String(this.approvals.elsewhere.length);
      return item;
    }
    const approval = this.approvals.get(node.approvalId);
    if (!approval) return new vscode.TreeItem("");
    return node.kind === "file" ? fileItem(approval, node.change) : this.approvalItem(approval);
  }

  private approvalItem(approval: Approval): vscode.TreeItem {
    const several = (approval.changes ?? []).length > 1;
    const { Collapsed, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(oneLine(rowOf(approval), ROW_LIMIT).text, several ? Collapsed : None);
    const thread = threadWords(this.names.get(approval.threadId ?? "") ?? null, approval.cwd);
    item.id = approval.approvalId;
    item.description = thread ?? "";
    item.iconPath = new vscode.ThemeIcon(iconOf(approval));
    item.contextValue = can(approval).join(" ");
    item.tooltip = [headline(approval), approval.reason, approval.cwd].filter(Boolean).join("\n");
    item.command = { title: t("Show"), command: "outrigger.approval.reveal", arguments: [approval.approvalId] };
    return item;
  }

  private draw(): void {
    const { pending, elsewhere } = this.approvals;
    const drawn = JSON.stringify([pending, elsewhere].map((list) => list.map(({ approvalId }) => approvalId)));
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const { length } = pending;
    this.view.badge = length === 0 ? undefined : { value: length, tooltip: t("Codex waits for you") };
    this.changes.fire();
    for (const { threadId } of [...pending, ...elsewhere]) if (threadId !== null) void this.name(threadId);
  }

  private async name(threadId: string): Promise<void> {
    const name = await this.threads.of(threadId);
    if (this.names.get(threadId) === name) return;
    this.names.set(threadId, name);
    this.changes.fire();
  }
}

function fileItem(approval: Approval, change: ProposedChange): vscode.TreeItem {
  const uri = vscode.Uri.parse(change.uri);
  const item = new vscode.TreeItem(uri);
  const { added, removed } = diffCounts(change.diff);
  item.id = JSON.stringify([approval.approvalId, change.uri]);
  item.label = baseName(change.uri);
  item.description = `+${added} −${removed}`;
  item.tooltip = t("Part of one change: a decision is for all of its files.");
  item.command = { title: t("Show"), command: "outrigger.approval.showDiff", arguments: [approval.approvalId] };
  return item;
}

/** A command by itself, since its icon says that it is one. */
function rowOf(approval: Approval): string {
  const command = networkOf(approval) ? null : approval.command;
  return command === null ? headline(approval) : typedCommand(command);
}

function iconOf(approval: Approval): string {
  if (networkOf(approval)) return "globe";
  const icons: Record<string, string> = { command: "terminal", fileChange: "edit", question: "question" };
  return icons[approval.kind] ?? "key";
}

/** What its row offers. */
function can(approval: Approval): string[] {
  return [
    ...(optionFor(approval, "accept") ? ["accept"] : []),
    ...(optionFor(approval, "acceptForSession") ? ["session"] : []),
    ...(optionFor(approval, "decline") ? ["decline"] : []),
    ...(optionFor(approval, "cancel") ? ["cancel"] : []),
    ...(approval.kind === "fileChange" ? ["change"] : []),
  ];
}
