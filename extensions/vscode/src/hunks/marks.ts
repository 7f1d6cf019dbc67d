// Marks at hunks: in the gutter, in the overview ruler, and a hover with what was there before.

import * as vscode from "vscode";
import type { Owned } from "../door";
import { plain } from "../placement";
import * as settings from "../settings";
import type { HunkDocuments } from "./documents";
import { hunkAt, type HunkState, type Placed } from "./placement";
import { diffOf } from "./wording";

/** Colours of the gutter's marks, for light and for dark themes: a picture there can't take a theme's own. */
const GUTTER: Record<HunkState, { light: string; dark: string; dashes: string }> = {
  agent: { light: "#8250df", dark: "#b392f0", dashes: "" },
  own: { light: "#6e7781", dark: "#8b949e", dashes: "" },
  staged: { light: "#1a7f37", dark: "#56d364", dashes: "3 2" },
};

const THEME_COLOR: Record<HunkState, string> = {
  agent: "outrigger.agentHunk",
  own: "outrigger.ownHunk",
  staged: "outrigger.stagedHunk",
};

const STATES: HunkState[] = ["agent", "own", "staged"];

/** What a link in a hover may run. */
const LINKED = ["keep", "revert", "stage", "unstage", "show"].map((name) => `outrigger.hunk.${name}`);

/** A hover shows this many lines of a hunk; the rest is in the diff. */
const HOVER_LINES = 30;

function bar(colour: string, dashes: string): vscode.Uri {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="20" viewBox="0 0 16 20">` +
    `<path d="M12 0V20" stroke="${colour}" stroke-width="3" ${dashes ? `stroke-dasharray="${dashes}"` : ""}/></svg>`;
  return vscode.Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`);
}

/** Where lines were removed and none came: a wedge between two lines. */
function wedge(colour: string): vscode.Uri {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="20" viewBox="0 0 16 20">` +
    `<path d="M9 0L16 0L9 6Z" fill="${colour}"/></svg>`;
  return vscode.Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`);
}

type Drawn = { lines: vscode.TextEditorDecorationType; removals: vscode.TextEditorDecorationType };

function typeOf(
  state: HunkState,
  picture: (colour: string) => vscode.Uri,
  filled = false,
): vscode.TextEditorDecorationType {
  const { light, dark } = GUTTER[state];
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    overviewRulerColor: new vscode.ThemeColor(THEME_COLOR[state]),
    overviewRulerLane: state === "agent" ? vscode.OverviewRulerLane.Full : vscode.OverviewRulerLane.Left,
    ...(filled ? { backgroundColor: new vscode.ThemeColor("outrigger.agentHunkBackground") } : {}),
    light: { gutterIconPath: picture(light), gutterIconSize: "100% 100%" },
    dark: { gutterIconPath: picture(dark), gutterIconSize: "100% 100%" },
  });
}

export class HunkMarks implements vscode.HoverProvider, vscode.Disposable {
  private readonly types: Record<HunkState, Drawn>;
  private readonly disposables: Owned[];

  constructor(private readonly documents: HunkDocuments) {
    const drawn = (state: HunkState): Drawn => ({
      lines: typeOf(state, (colour) => bar(colour, GUTTER[state].dashes), state === "agent"),
      removals: typeOf(state, wedge),
    });
    this.types = { agent: drawn("agent"), own: drawn("own"), staged: drawn("staged") };
    const draw = () => this.draw();
    this.disposables = [
      ...STATES.flatMap((state) => [this.types[state].lines, this.types[state].removals]),
      vscode.languages.registerHoverProvider({ scheme: "file" }, this),
      { dispose: documents.onChange.add(draw) },
      settings.onHunkSettings(draw),
    ];
    draw();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | null {
    const found = hunkAt(this.documents.placed(document), position.line, this.shown());
    if (!found) return null;
    return new vscode.Hover(hover(document.uri.toString(), found), document.lineAt(position.line).range);
  }

  private shown(): HunkState[] {
    const marks = settings.hunkMarks();
    if (marks === "off") return [];
    return marks === "all" ? STATES : ["agent"];
  }

  private draw(): void {
    const shown = new Set(this.shown());
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.uri.scheme !== "file") continue;
      const placed = this.documents.placed(editor.document);
      for (const state of STATES) {
        const runs = shown.has(state)
          ? placed.filter((found) => found.state === state).flatMap(({ runs: all }) => all)
          : [];
        const { lines, removals } = this.types[state];
        const range = (start: number, end: number) => new vscode.Range(start, 0, Math.max(end - 1, start), 0);
        editor.setDecorations(
          lines,
          runs.filter(({ start, end }) => end > start).map(({ start, end }) => range(start, end)),
        );
        editor.setDecorations(
          removals,
          runs.filter(({ start, end }) => end === start).map(({ start, end }) => range(start, end)),
        );
      }
    }
  }
}

function hover(uri: string, { hunk, state }: Placed): vscode.MarkdownString {
  const link = (text: string, act: string) =>
    `[${text}](command:outrigger.hunk.${act}?${encodeURIComponent(JSON.stringify([uri, hunk.hunkId]))})`;
  const links = {
    agent: [link("$(check) Keep", "keep"), link("$(discard) Undo", "revert"), link("$(add) Stage", "stage")],
    own: [link("$(discard) Undo", "revert"), link("$(add) Stage", "stage")],
    staged: [link("$(remove) Unstage", "unstage")],
  }[state];
  const { text, left } = diffOf(hunk, HOVER_LINES);
  const ticks = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(ticks + 1);
  const parts = [
    [...links, link("$(diff) Show", "show")].join(" &nbsp;·&nbsp; "),
    `${fence}diff\n${text}\n${fence}`,
    left ? plain(left) : "",
  ];
  const markdown = new vscode.MarkdownString(parts.filter(Boolean).join("\n\n"), true);
  markdown.isTrusted = { enabledCommands: LINKED };
  return markdown;
}
