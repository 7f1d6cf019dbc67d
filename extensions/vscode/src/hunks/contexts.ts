// What the `when` of menus and keys can ask about hunks.

import * as vscode from "vscode";
import type { Door, Owned } from "../door";
import { beforeOf } from "./diffs";
import type { HunkDocuments } from "./documents";
import { hunkAt } from "./placement";
import type { FileHunks } from "../protocol.generated";
import type { Review } from "./review";

export class HunkContexts implements vscode.Disposable {
  private readonly told = new Map<string, boolean>();
  private readonly disposables: Owned[];
  /** Once something was to be reviewed, the list stays, also when it is empty. */
  private listed = false;

  constructor(
    private readonly door: Door,
    private readonly documents: HunkDocuments,
    private readonly review: Review,
  ) {
    const tell = () => this.tell();
    this.disposables = [
      { dispose: documents.onChange.add(tell) },
      { dispose: review.onChange.add(tell) },
      { dispose: door.onState(tell) },
      vscode.window.onDidChangeActiveTextEditor(tell),
      vscode.window.onDidChangeTextEditorSelection(tell),
      vscode.window.tabGroups.onDidChangeTabs(tell),
    ];
    tell();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private tell(): void {
    const editor = vscode.window.activeTextEditor;
    const placed = editor ? this.documents.placed(editor.document) : [];
    const line = editor?.selection.active.line ?? 0;
    const file = placed.map(({ state }) => state);
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    const diff = input instanceof vscode.TabInputTextDiff ? beforeOf(input.original)?.of : undefined;
    this.listed ||= this.review.count > 0;
    this.set("hunks", this.door.offers("outrigger/hunk/list"));
    this.set("turns", this.door.offers("outrigger/turn/undo"));
    this.set("canKeep", this.door.offers("outrigger/hunk/keep"));
    this.set("reviewPending", this.review.count > 0);
    this.set("reviewListed", this.listed);
    this.set("agentHunkAtCursor", hunkAt(placed, line, ["agent"]) !== undefined);
    this.set("unstagedHunkAtCursor", hunkAt(placed, line, ["agent", "own"]) !== undefined);
    this.set("stagedHunkAtCursor", hunkAt(placed, line, ["staged"]) !== undefined);
    this.set("agentHunksInFile", file.includes("agent"));
    this.set("unstagedHunksInFile", file.includes("agent") || file.includes("own"));
    this.set("stagedHunksInFile", (editor && (this.documents.hunks(editor.document)?.staged.length ?? 0) > 0) ?? false);
    this.set("changesInFile", hasChanges(editor && this.documents.hunks(editor.document)));
    this.set("unstagedDiff", diff === "index");
    this.set("stagedDiff", diff === "head");
  }

  private set(key: string, value: boolean): void {
    if (this.told.get(key) === value) return;
    this.told.set(key, value);
    void vscode.commands.executeCommand("setContext", `outrigger.${key}`, value);
  }
}

/** Something that can be staged or undone: binary files and links have no hunks, and are changed all the same. */
function hasChanges(hunks: FileHunks | null | undefined): boolean {
  return hunks !== null && hunks !== undefined && hunks.status !== "unmodified" && hunks.status !== "ignored";
}
