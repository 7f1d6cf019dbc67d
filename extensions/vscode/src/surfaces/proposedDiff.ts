// The proposed content beside the present one, in VS Code's own diff editor.

import * as vscode from "vscode";
import { t } from "../l10n";
import type { Approvals } from "../approvals";
import type { Owned } from "../door";
import type { Approval, ProposedFile } from "../protocol.generated";
import { baseName, headline } from "../wording";
import type { Proposals } from "./proposals";

export const SCHEME = "outrigger-proposed";

/** How the titles of our multi-file diffs begin. */
const [TITLE = ""] = t("Codex wants to change {0} files").split("{0}");

type Side = "old" | "new";

export class ProposedDiff implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly disposables: Owned[] = [];
  /** Titles of the multi-file diffs that are open: their tabs have no input that the stable API shows. */
  private readonly titles = new Map<string, string>();

  constructor(
    private readonly approvals: Approvals,
    private readonly proposals: Proposals,
  ) {
    this.disposables.push(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.window.tabGroups.onDidChangeTabs(() => this.tellContext()),
      vscode.window.tabGroups.onDidChangeTabGroups(() => this.tellContext()),
      {
        dispose: approvals.onChange(() => {
          this.closeStale();
          this.tellContext();
        }),
      },
    );
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** Where the content of one side of a file is read from. The path stays the file's, so that it is highlighted. */
  uri(approvalId: string, file: ProposedFile, side: Side): vscode.Uri {
    const target = vscode.Uri.parse(side === "new" ? (file.movedTo ?? file.uri) : file.uri);
    return vscode.Uri.from({ scheme: SCHEME, path: target.path, query: JSON.stringify([approvalId, file.uri, side]) });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const [approvalId, fileUri, side] = queryOf(uri) ?? [];
    const approval = approvalId === undefined ? undefined : this.approvals.get(approvalId);
    if (!approval) return "";
    const file = (await this.proposals.content(approval)).find((found) => found.uri === fileUri);
    return (side === "new" ? file?.newText : file?.oldText) ?? "";
  }

  async show(approvalId: string, preserveFocus = false): Promise<void> {
    const approval = this.approvals.get(approvalId);
    if (!approval) return;
    const files = await this.proposals.content(approval);
    const [only] = files;
    if (!only) return;
    if (files.length === 1) {
      const title = t("{0}: what Codex wants", baseName(only.uri));
      const [left, right] = [this.left(approvalId, only), this.uri(approvalId, only, "new")];
      await vscode.commands.executeCommand("vscode.diff", left, right, title, { preview: true, preserveFocus });
      return;
    }
    const title = this.titleFor(approval);
    const resources = files.map((file) => [
      vscode.Uri.parse(file.movedTo ?? file.uri),
      this.left(approvalId, file),
      this.uri(approvalId, file, "new"),
    ]);
    await vscode.commands.executeCommand("vscode.changes", title, resources);
  }

  /** The approval whose diff is in front, if one is. */
  get active(): string | undefined {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    const approvalId = tab && this.approvalOf(tab);
    return approvalId !== undefined && this.approvals.get(approvalId) ? approvalId : undefined;
  }

  /** The approvals whose proposed content some visible editor shows. */
  visible(): string[] {
    const shown = vscode.window.visibleTextEditors.flatMap((editor) => queryOf(editor.document.uri)?.[0] ?? []);
    return [...new Set(this.active === undefined ? shown : [...shown, this.active])];
  }

  /**
   * What the change starts from: the file on disk. As a document of ours, since on the file itself the comment would
   * show the same change a second time; the file stands in only where its content is not told.
   */
  private left(approvalId: string, file: ProposedFile): vscode.Uri {
    const told = file.kind === "add" || file.oldText !== null;
    return told ? this.uri(approvalId, file, "old") : vscode.Uri.parse(file.uri);
  }

  /** A title that no other open diff has: by it alone the tab of a multi-file diff is known. */
  private titleFor(approval: Approval): string {
    const plainTitle = headline(approval);
    let title = plainTitle;
    for (let n = 2; (this.titles.get(title) ?? approval.approvalId) !== approval.approvalId; n += 1) {
      title = `${plainTitle} · ${n}`;
    }
    this.titles.set(title, approval.approvalId);
    return title;
  }

  /**
   * The approval that a tab was opened for; "" when it is ours, but from before the window was reloaded. The stable
   * API says nothing of a multi-file diff but its label, to which VS Code adds the number of files.
   */
  private approvalOf({ input, label }: vscode.Tab): string | undefined {
    if (input instanceof vscode.TabInputTextDiff) return queryOf(input.modified)?.[0];
    if (input instanceof vscode.TabInputText || !label.startsWith(TITLE)) return undefined;
    return this.titles.get(label) ?? this.titles.get(label.replace(/ \([^()]*\)$/, "")) ?? "";
  }

  /** Closes the diffs of what is decided or gone: their content is no longer there to show. */
  private closeStale(): void {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const stale = tabs.filter((tab) => {
      const approvalId = this.approvalOf(tab);
      return approvalId !== undefined && !this.approvals.get(approvalId);
    });
    for (const [title, id] of this.titles) if (!this.approvals.get(id)) this.titles.delete(title);
    if (stale.length > 0) void vscode.window.tabGroups.close(stale, true);
  }

  private tellContext(): void {
    void vscode.commands.executeCommand("setContext", "outrigger.proposedShown", this.active !== undefined);
  }
}

/** The approval, the file and the side that a proposed URI names. */
export function queryOf(uri: vscode.Uri): [string, string, Side] | undefined {
  if (uri.scheme !== SCHEME) return undefined;
  try {
    return JSON.parse(uri.query) as [string, string, Side];
  } catch {
    return undefined;
  }
}
