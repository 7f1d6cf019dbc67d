// What is offered while a person types `@`, `/` or `$`: files, folders and symbols, commands, skills.

import * as vscode from "vscode";
import { type CodexSkill, type Door, type Owned, type Unsubscribe } from "../door";
import { t } from "../l10n";
import type { Suggestion } from "./messages";
import { SLASH_COMMANDS } from "./slashNames";

/** Suggestions of each kind. */
const [MOST_FILES, MOST_SYMBOLS, MOST_SKILLS] = [12, 6, 8];
/** A language server that has not answered after this long, in milliseconds, is not waited for. */
const SYMBOLS_MS = 400;

export class Suggestions implements Owned {
  skills: CodexSkill[] = [];
  /** Goes up with every question: the answer to an older one is dropped. */
  private asked = 0;
  private readonly unsubscribe: Unsubscribe;

  constructor(
    private readonly door: Door,
    private readonly tell: (query: string, items: Suggestion[]) => void,
  ) {
    this.unsubscribe = door.onNote("codex/skills/changed", () => void this.load());
  }

  dispose(): void {
    this.unsubscribe();
  }

  /** Reads the skills, once the app-server is there. */
  async load(): Promise<void> {
    try {
      const { data } = await this.door.request("codex/skills/list", { cwds: roots() });
      const all = data.flatMap(({ skills }) => skills).filter(({ enabled }) => enabled);
      this.skills = [...new Map(all.map((skill) => [skill.name, skill])).values()];
    } catch {
      this.skills = [];
    }
  }

  /** Finds what fits to a word with its mark. */
  async answer(query: string): Promise<void> {
    const token = ++this.asked;
    const [mark, word] = [query.slice(0, 1), query.slice(1)];
    const items = mark === "@" ? await this.places(word, token) : this.named(mark, word.toLowerCase());
    if (token === this.asked) this.tell(query, items);
  }

  private named(mark: string, word: string): Suggestion[] {
    const commands = SLASH_COMMANDS.filter(({ name }) => name.startsWith(word)).map(
      ({ name, detail, icon }): Suggestion => ({ label: `/${name}`, detail, icon, insert: "", command: name }),
    );
    const skills = this.skills
      .filter(({ name }) => name.toLowerCase().includes(word))
      .slice(0, MOST_SKILLS)
      .map(({ name, shortDescription, description }): Suggestion => {
        const detail = (shortDescription ?? description).split("\n")[0] ?? "";
        return { label: `$${name}`, detail, icon: "lightbulb-sparkle", insert: `$${name}` };
      });
    return mark === "/" ? [...commands, ...skills] : skills;
  }

  private async places(word: string, token: number): Promise<Suggestion[]> {
    if (word === "") return [...selectionSuggestion(), ...openFiles()];
    const [files, symbols] = await Promise.all([this.files(word, token), symbolsOf(word)]);
    return [...files, ...symbols];
  }

  private async files(query: string, token: number): Promise<Suggestion[]> {
    try {
      const params = { query, roots: roots(), cancellationToken: `outrigger-${token}` };
      const { files } = await this.door.request("codex/fuzzyFileSearch", params);
      const own = files.filter(({ path }) => !/^\.git[/\\]/.test(path));
      return own.slice(0, MOST_FILES).map(({ path, match_type }): Suggestion => {
        const folder = match_type === "directory";
        const at = path.replace(/[/\\]+$/, "").lastIndexOf("/") + 1;
        const insert = mention(folder && !path.endsWith("/") ? `${path}/` : path);
        return { label: path.slice(at), detail: path.slice(0, at), icon: folder ? "folder" : "file", insert };
      });
    } catch {
      return [];
    }
  }
}

function roots(): string[] {
  return (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
}

/** A path as it stands in a message. */
function mention(path: string): string {
  return /\s/.test(path) ? `\`${path}\`` : path;
}

function relative(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri, (vscode.workspace.workspaceFolders ?? []).length > 1);
}

export function mentionOf(uri: vscode.Uri): string {
  return mention(relative(uri));
}

/** The lines that are selected in the active editor, by file and numbers; its file when nothing is. */
export function selectionMention(): string | null {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.document.uri.scheme !== "file") return null;
  const { selection, document } = editor;
  if (selection.isEmpty) return mentionOf(document.uri);
  const [from, to] = [selection.start.line + 1, selection.end.line + (selection.end.character > 0 ? 1 : 0)];
  return mention(`${relative(document.uri)}:${from}${to > from ? `-${to}` : ""}`);
}

function selectionSuggestion(): Suggestion[] {
  const insert = selectionMention();
  const editor = vscode.window.activeTextEditor;
  if (insert === null || editor?.selection.isEmpty !== false) return [];
  return [{ label: t("Selection"), detail: insert, icon: "selection", insert }];
}

function openFiles(): Suggestion[] {
  const tabs = vscode.window.tabGroups.all.flatMap(({ tabs: all }) => all);
  const paths = tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [relative(input.uri)] : []));
  return [...new Set(paths)].slice(0, MOST_FILES).map((path) => {
    const at = path.lastIndexOf("/") + 1;
    return { label: path.slice(at), detail: path.slice(0, at), icon: "file", insert: mention(path) };
  });
}

async function symbolsOf(query: string): Promise<Suggestion[]> {
  const found = vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
    "vscode.executeWorkspaceSymbolProvider",
    query,
  );
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), SYMBOLS_MS));
  const symbols = (await Promise.race([Promise.resolve(found).catch(() => undefined), late])) ?? [];
  return symbols.slice(0, MOST_SYMBOLS).map(({ name, location }) => {
    const where = `${relative(location.uri)}:${location.range.start.line + 1}`;
    return { label: name, detail: where, icon: "symbol-method", insert: `\`${name}\` (${where})` };
  });
}
