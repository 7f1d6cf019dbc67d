// The review list: files with changes of Codex that nobody has kept, undone or staged yet.

import * as path from "node:path";
import * as vscode from "vscode";
import { t } from "../l10n";
import type { Owned } from "../door";
import type { FileReview, Hunk } from "../protocol.generated";
import { baseName } from "../wording";
import type { Review } from "./review";
import { changedLines, countsWords, filesWord, gist, hunksWord, whereWords } from "./wording";

export type ReviewNode = { uri: string; hunk: Hunk | null };

export class ReviewTree
  implements vscode.TreeDataProvider<ReviewNode>, vscode.FileDecorationProvider, vscode.Disposable
{
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly decorated = new vscode.EventEmitter<vscode.Uri[]>();
  readonly onDidChangeFileDecorations = this.decorated.event;
  private readonly view: vscode.TreeView<ReviewNode>;
  private readonly disposables: Owned[];
  private uris: string[] = [];

  constructor(private readonly review: Review) {
    this.view = vscode.window.createTreeView("outrigger.review", { treeDataProvider: this, showCollapseAll: true });
    this.disposables = [
      this.changes,
      this.decorated,
      this.view,
      vscode.window.registerFileDecorationProvider(this),
      { dispose: review.onChange.add(() => this.draw()) },
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  getChildren(node?: ReviewNode): ReviewNode[] {
    if (!node) return this.review.files.map(({ uri }) => ({ uri, hunk: null }));
    const hunks = node.hunk ? [] : (this.review.of(node.uri)?.hunks ?? []);
    return hunks.map((hunk) => ({ uri: node.uri, hunk }));
  }

  getTreeItem({ uri, hunk }: ReviewNode): vscode.TreeItem {
    if (!hunk) return fileItem(this.review.of(uri) ?? { uri, hunks: [] });
    const item = new vscode.TreeItem(gist(hunk));
    const where = whereWords(hunk);
    item.id = `${uri}#${hunk.hunkId}`;
    item.description = `${where} · ${countsWords(hunk)}`;
    item.iconPath = new vscode.ThemeIcon("diff-modified", new vscode.ThemeColor("outrigger.agentHunk"));
    item.contextValue = "outriggerHunk";
    item.tooltip = `${baseName(uri)}, ${where}`;
    item.accessibilityInformation = { label: `${gist(hunk)}, ${where}, ${countsWords(hunk)}` };
    const { first } = changedLines(hunk);
    item.command = { title: t("Open"), command: "outrigger.review.open", arguments: [uri, Math.max(first - 1, 0)] };
    return item;
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const count = uri.scheme === "file" ? (this.review.of(uri.toString())?.hunks.length ?? 0) : 0;
    if (count === 0) return undefined;
    const badge = count > 99 ? "99" : String(count);
    return new vscode.FileDecoration(badge, t("{0} of Codex to review", hunksWord(count)));
  }

  private draw(): void {
    const { files, count } = this.review;
    this.view.description = count === 0 ? "" : t("{0} in {1}", hunksWord(count), filesWord(files.length));
    const uris = files.map(({ uri }) => uri);
    const touched = [...new Set([...uris, ...this.uris])];
    this.uris = uris;
    this.changes.fire();
    this.decorated.fire(touched.map((uri) => vscode.Uri.parse(uri)));
  }
}

function fileItem({ uri, hunks }: FileReview): vscode.TreeItem {
  const resource = vscode.Uri.parse(uri);
  const item = new vscode.TreeItem(resource, vscode.TreeItemCollapsibleState.Expanded);
  // The worktree of an automation's run lies deep in the state directory: its name says enough.
  const folder = path.posix.dirname(vscode.workspace.asRelativePath(resource, false)).replace(/^.*\/worktrees\//, "");
  item.id = uri;
  item.description = folder === "." ? "" : folder;
  item.contextValue = "outriggerFile";
  item.tooltip = t("{0}: {1} to review", vscode.workspace.asRelativePath(resource), hunksWord(hunks.length));
  return item;
}
