// What was there before, as documents of our own: the index, the last commit, the two sides of a turn.

import * as vscode from "vscode";
import { t } from "../l10n";
import type { Door, Owned } from "../door";
import type { FileDiff } from "../protocol.generated";
import { baseName } from "../wording";
import type { HunkFiles } from "./hunkFiles";
import { before, excerpts, olderTexts } from "./texts";

export const SCHEME = "outrigger-before";

/** What a document of ours holds. The path stays the file's, so that it is highlighted. */
export type Before =
  | { of: "index" | "head"; uri: string }
  | { of: "turn"; threadId: string; turnId: string; uri: string; side: "old" | "new" }
  | { of: "journal"; journalId: string; uri: string };

/** The turns of which the diffs are kept to draw their documents. */
const TURNS_KEPT = 8;

export class HunkDiffs implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;
  private readonly turns = new Map<string, FileDiff[]>();
  private readonly disposables: Owned[];

  constructor(
    private readonly door: Door,
    private readonly files: HunkFiles,
  ) {
    this.disposables = [
      this.changes,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      { dispose: files.onChange.add((uri) => this.renew(uri)) },
    ];
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const what = beforeOf(uri);
    if (!what) return "";
    if (what.of === "turn") return this.turnText(what);
    return what.of === "journal" ? this.journaledText(what) : this.olderText(what.uri, what.of);
  }

  /** The unstaged or the staged changes of a file, with a range of the newer side in sight. */
  async show(uri: string, staged: boolean, selection?: vscode.Range): Promise<void> {
    const [left, right] = staged
      ? [documentUri({ of: "head", uri }), documentUri({ of: "index", uri })]
      : [documentUri({ of: "index", uri }), vscode.Uri.parse(uri)];
    const title = staged ? t("{0}: staged changes", baseName(uri)) : t("{0}: changes", baseName(uri));
    const options = { preview: true, ...(selection ? { selection } : {}) };
    await vscode.commands.executeCommand("vscode.diff", left, right, title, options);
  }

  /** All that a turn did, file by file; resolves with how many there are. */
  async showTurn(threadId: string, turnId: string, title: string): Promise<number> {
    const { files } = await this.door.request("outrigger/turn/diff", { threadId, turnId });
    if (files.length === 0) return 0;
    const key = JSON.stringify([threadId, turnId]);
    this.turns.delete(key);
    this.turns.set(key, files);
    for (const old of [...this.turns.keys()].slice(0, -TURNS_KEPT)) this.turns.delete(old);
    const resources = files.map(({ uri, status }) => {
      const side = (which: "old" | "new") => documentUri({ of: "turn", threadId, turnId, uri, side: which });
      for (const which of ["old", "new"] as const) this.changes.fire(side(which));
      return [
        vscode.Uri.parse(uri),
        status === "added" || status === "untracked" ? undefined : side("old"),
        status === "deleted" ? undefined : side("new"),
      ];
    });
    await vscode.commands.executeCommand("vscode.changes", title, resources);
    return files.length;
  }

  /** What an entry of the journal would bring back, beside the file as it is. */
  async showJournaled(journalId: string, uri: string): Promise<void> {
    const left = documentUri({ of: "journal", journalId, uri });
    const title = t("{0}: in the journal ↔ now", baseName(uri));
    await vscode.commands.executeCommand("vscode.diff", left, vscode.Uri.parse(uri), title, { preview: true });
  }

  private renew(uri: string): void {
    const wanted = vscode.Uri.parse(uri).toString();
    for (const { uri: open } of vscode.workspace.textDocuments) {
      const what = beforeOf(open);
      if (what && (what.of === "index" || what.of === "head") && vscode.Uri.parse(what.uri).toString() === wanted)
        this.changes.fire(open);
    }
  }

  private async olderText(uri: string, of: "index" | "head"): Promise<string> {
    // The file may change between the two questions: then they are asked once more.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const hunks = await this.files.ask(uri);
      if (!hunks) return "";
      const text = olderTexts(await onDisk(uri), hunks)[of];
      if (text !== null) return text;
      if (attempt === 1) return excerpts(of === "index" ? hunks.unstaged : hunks.staged).old;
    }
    return "";
  }

  private async journaledText({ journalId, uri }: Extract<Before, { of: "journal" }>): Promise<string> {
    const { files } = await this.door.request("outrigger/hunk/journaled", { journalId });
    return files.find((file) => file.uri === uri)?.before ?? "";
  }

  private async turnText(what: Extract<Before, { of: "turn" }>): Promise<string> {
    const { threadId, turnId, uri, side } = what;
    const key = JSON.stringify([threadId, turnId]);
    const files = this.turns.get(key) ?? (await this.askTurn(threadId, turnId));
    const file = files.find((found) => found.uri === uri);
    if (!file) return "";
    const now = await onDisk(uri);
    const old = before(now, file.hunks);
    // What came after the turn stands between its lines: then only these are shown.
    if (old === null) return excerpts(file.hunks)[side];
    return side === "old" ? old : now;
  }

  private async askTurn(threadId: string, turnId: string): Promise<FileDiff[]> {
    try {
      return (await this.door.request("outrigger/turn/diff", { threadId, turnId })).files;
    } catch {
      return []; // A tab from before the window was reloaded; the turn may be forgotten.
    }
  }
}

function documentUri(what: Before): vscode.Uri {
  const { path } = vscode.Uri.parse(what.uri);
  return vscode.Uri.from({ scheme: SCHEME, path, query: JSON.stringify(what) });
}

/** What a document of ours holds; undefined for anybody else's. */
export function beforeOf(uri: vscode.Uri): Before | undefined {
  if (uri.scheme !== SCHEME) return undefined;
  try {
    return JSON.parse(uri.query) as Before;
  } catch {
    return undefined;
  }
}

/** A file as its bytes are, byte order mark and line ends included; empty where there is none. */
async function onDisk(uri: string): Promise<string> {
  try {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.parse(uri));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  } catch {
    return "";
  }
}
