// A comment thread at the lines that a pending change touches: the diff, the choices, and a reply that says what to
// do instead.

import * as vscode from "vscode";
import { t } from "../l10n";
import type { Approvals } from "../approvals";
import type { Owned } from "../door";
import { commentBody, commentLabel, commentRange } from "../placement";
import type { Approval, ProposedFile } from "../protocol.generated";
import type { ProposedDiff } from "./proposedDiff";
import type { Proposals } from "./proposals";
import type { Unsaved } from "./unsaved";

/** What a link in a comment may run. */
const LINKED = ["accept", "acceptForSession", "decline", "saveAndAccept", "chooseHunks", "showDiff"].map(
  (name) => `outrigger.approval.${name}`,
);

type Drawn = { thread: vscode.CommentThread; approvalId: string; text: string };

export class CommentThreads implements vscode.Disposable {
  private readonly controller = vscode.comments.createCommentController("outrigger", "Outrigger");
  private readonly drawn = new Map<string, Drawn>();
  private readonly disposables: Owned[];

  constructor(
    private readonly approvals: Approvals,
    private readonly proposals: Proposals,
    private readonly diff: ProposedDiff,
    unsaved: Unsaved,
  ) {
    this.controller.options = {
      prompt: t("Tell Codex what to change instead…"),
      placeHolder: t("Declines this change and tells Codex what to do instead"),
    };
    const draw = () => this.draw();
    this.disposables = [
      this.controller,
      { dispose: approvals.onChange(draw) },
      { dispose: proposals.onChange(draw) },
      vscode.workspace.onDidOpenTextDocument(draw),
      { dispose: unsaved.onChange(draw) },
    ];
  }

  dispose(): void {
    for (const { thread } of this.drawn.values()) thread.dispose();
    this.drawn.clear();
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** The approval that a thread asks for. */
  approvalOf(thread: vscode.CommentThread): string | undefined {
    return [...this.drawn.values()].find((drawn) => drawn.thread === thread)?.approvalId;
  }

  /** Where the first comment of an approval is. */
  placeOf(approvalId: string): { uri: vscode.Uri; range: vscode.Range } | undefined {
    const thread = [...this.drawn.values()].find((drawn) => drawn.approvalId === approvalId)?.thread;
    return thread && { uri: thread.uri, range: thread.range ?? new vscode.Range(0, 0, 0, 0) };
  }

  private draw(): void {
    const wanted = new Set<string>();
    for (const approval of this.approvals.pending) {
      const files = approval.kind === "fileChange" ? this.proposals.files(approval) : [];
      const choosable = this.proposals.choosable(approval);
      for (const file of files) {
        const key = JSON.stringify([approval.approvalId, file.uri]);
        wanted.add(key);
        this.drawOne(key, approval, file, choosable);
      }
    }
    for (const [key, { thread }] of this.drawn) {
      if (wanted.has(key)) continue;
      thread.dispose();
      this.drawn.delete(key);
    }
  }

  private drawOne(key: string, approval: Approval, file: ProposedFile, choosable: boolean): void {
    const uri = file.kind === "add" ? this.diff.uri(approval.approvalId, file, "new") : vscode.Uri.parse(file.uri);
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    const dirty = document?.isDirty ?? false;
    const change = (approval.changes ?? []).find((found) => found.uri === file.uri);
    const text = commentBody(approval, file, change?.diff ?? "", { dirty, choosable });
    const before = this.drawn.get(key);
    const lines = commentRange(file, document?.lineCount ?? Number.MAX_SAFE_INTEGER);
    const range = new vscode.Range(lines.start, 0, lines.end, 0);
    if (before?.text === text && before.thread.range?.isEqual(range)) return;

    const body = new vscode.MarkdownString(text, true);
    body.isTrusted = { enabledCommands: LINKED };
    const comment: vscode.Comment = { body, mode: vscode.CommentMode.Preview, author: { name: "Codex" } };
    const thread = before?.thread ?? this.controller.createCommentThread(uri, range, [comment]);
    thread.range = range;
    thread.comments = [comment];
    thread.label = commentLabel(file);
    thread.contextValue = dirty ? "pending" : "pending acceptable";
    thread.canReply = true;
    thread.state = vscode.CommentThreadState.Unresolved;
    if (!before) thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    this.drawn.set(key, { thread, approvalId: approval.approvalId, text });
  }
}
