// A change of a file, hunk by hunk, with line numbers. A click on a hunk's head opens the file there.

import { css, html, nothing, type TemplateResult } from "lit";
import { t } from "../l10n";
import type { DiffLine, FileChange } from "../view/items";
import { openFile } from "./markdown";

/** Lines of one file that are drawn before a person asks for more. */
const MOST_LINES = 400;

type Numbered = DiffLine & { old: number | null; now: number | null };
type Hunk = { head: string; at: number | null; lines: Numbered[] };

/** The lines of a change as hunks, each line with its numbers. */
export function hunksOf(lines: DiffLine[]): Hunk[] {
  const hunks: Hunk[] = [];
  let [old, now] = [1, 1];
  for (const line of lines) {
    const range = line.kind === "hunk" ? /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/.exec(line.text) : null;
    if (line.kind === "hunk") {
      [old, now] = [Number(range?.[1] ?? 1), Number(range?.[2] ?? 1)];
      hunks.push({ head: (range?.[3] ?? "").trim(), at: range ? now : null, lines: [] });
      continue;
    }
    let hunk = hunks.at(-1);
    if (!hunk) hunks.push((hunk = { head: "", at: null, lines: [] }));
    const marked = line.text.startsWith("\\"); // "No newline at end of file" counts as no line.
    const inOld = line.kind !== "added" && !marked;
    const inNow = line.kind !== "removed" && !marked;
    hunk.lines.push({ ...line, old: inOld ? old++ : null, now: inNow ? now++ : null });
  }
  return hunks;
}

export function diffView(change: FileChange, all = false, showAll?: () => void): TemplateResult {
  const { lines, path } = change;
  const shown = all ? lines : lines.slice(0, MOST_LINES);
  const rest = lines.length - shown.length;
  const width = String(lines.length + 1).length;
  return html`<div class="diff" tabindex="0" role="group" aria-label=${t("Changed lines")}>
      ${hunksOf(shown).map((hunk) => hunkView(hunk, path, Math.max(width, 2)))}
    </div>
    ${
      rest > 0 && showAll
        ? html`<button class="plain link" @click=${showAll}>${t("Show {0} more lines", rest)}</button>`
        : nothing
    }`;
}

function hunkView({ head, at, lines }: Hunk, path: string, width: number): TemplateResult {
  const number = (value: number | null) => String(value ?? "").padStart(width);
  const open = () => openFile({ path: pathOf(path), line: at });
  const title =
    at === null
      ? nothing
      : html`<button class="plain hunk" title=${t("Open the file here")} @click=${open}>
          ${t("Line {0}", at)}${head ? html` <span class="clip">${head}</span>` : nothing}
        </button>`;
  return html`${title}
    <pre>
${lines.map(
        ({ kind, text, old, now }) =>
          html`<span class="line ${kind}"
            ><span class="numbers" aria-hidden="true">${number(old)} ${number(now)} </span>${text}</span
          >`,
      )}</pre>`;
}

/** A path, or the one of a `file:` URI. */
export function pathOf(place: string): string {
  if (!place.startsWith("file:")) return place;
  try {
    return decodeURIComponent(new URL(place).pathname);
  } catch {
    return place;
  }
}

export const diffStyles = css`
  .diff {
    max-height: 320px;
    overflow: auto;
    background: var(--vscode-textCodeBlock-background, var(--vscode-editor-background));
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    border-radius: 4px;
  }
  .diff pre {
    display: grid;
    white-space: normal;
    min-width: max-content;
  }
  .diff .line {
    white-space: pre;
    padding-right: 8px;
  }
  .diff .numbers {
    padding: 0 6px;
    user-select: none;
  }
  .diff .added {
    background: var(--vscode-diffEditor-insertedLineBackground, transparent);
  }
  .diff .removed {
    background: var(--vscode-diffEditor-removedLineBackground, transparent);
  }
  .diff button.hunk {
    display: flex;
    gap: 8px;
    position: sticky;
    left: 0;
    width: 100%;
    padding: 2px 8px;
    border-radius: 0;
    color: var(--vscode-descriptionForeground);
    background: var(--vscode-diffEditor-unchangedRegionBackground, var(--vscode-editorWidget-background));
    font-size: 0.92em;
  }
  .plus {
    color: var(--vscode-gitDecoration-addedResourceForeground);
  }
  .minus {
    color: var(--vscode-gitDecoration-deletedResourceForeground);
  }
`;
