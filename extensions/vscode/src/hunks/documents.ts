// The documents on screen and the hunks in them.

import * as vscode from "vscode";
import { Listeners, type Owned } from "../door";
import type { HunkFiles } from "./hunkFiles";
import { place, type Placed } from "./placement";
import type { FileHunks } from "../protocol.generated";

/** A person who has not typed for this many milliseconds pauses. */
const PAUSE_MS = 100;

type Cached = { version: number; hunks: FileHunks; placed: Placed[] };

export class HunkDocuments implements vscode.Disposable {
  /** Fires when hunks may stand elsewhere in a document on screen. */
  readonly onChange = new Listeners<void>();
  private readonly cache = new WeakMap<vscode.TextDocument, Cached>();
  private readonly disposables: Owned[];
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly files: HunkFiles) {
    const follow = () => this.follow();
    const refresh = (document: vscode.TextDocument) => {
      if (document.uri.scheme === "file") files.refresh(document.uri.toString());
    };
    this.disposables = [
      { dispose: files.onChange.add(() => this.onChange.fire()) },
      vscode.window.onDidChangeVisibleTextEditors(follow),
      vscode.window.onDidChangeActiveTextEditor((editor) => editor && refresh(editor.document)),
      vscode.workspace.onDidSaveTextDocument(refresh),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        // A clean document that changes was read from the disk again.
        if (!document.isDirty) refresh(document);
        if (this.hunks(document)) this.placeSoon();
      }),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) files.refreshAll();
      }),
    ];
    follow();
  }

  dispose(): void {
    clearTimeout(this.pause);
    for (const disposable of this.disposables) disposable.dispose();
  }

  placed(document: vscode.TextDocument): Placed[] {
    const hunks = this.hunks(document);
    if (!hunks) return [];
    const cached = this.cache.get(document);
    if (cached?.version === document.version && cached.hunks === hunks) return cached.placed;
    const placed = place(linesOf(document.getText()), hunks);
    this.cache.set(document, { version: document.version, hunks, placed });
    return placed;
  }

  hunks(document: vscode.TextDocument): FileHunks | null {
    return document.uri.scheme === "file" ? this.files.of(document.uri.toString()) : null;
  }

  /** While a person types, VS Code moves marks and lenses along; that they are still true is looked at in the pauses. */
  private placeSoon(): void {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.onChange.fire(), PAUSE_MS);
  }

  private follow(): void {
    const documents = vscode.window.visibleTextEditors.map(({ document }) => document);
    this.files.follow(documents.filter(({ uri }) => uri.scheme === "file").map(({ uri }) => uri.toString()));
    this.onChange.fire();
  }
}

export function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

/** The open document of a file. */
export function documentOf(uri: string): vscode.TextDocument | undefined {
  const wanted = vscode.Uri.parse(uri).toString();
  return vscode.workspace.textDocuments.find((open) => open.uri.toString() === wanted);
}
