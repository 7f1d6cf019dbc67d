// How items look.

import { css, unsafeCSS } from "lit";

export const itemStyles = css`
  :host {
    display: block;
    position: relative;
  }
  .user {
    background: var(--vscode-list-inactiveSelectionBackground, transparent);
    border: 1px solid var(--vscode-contrastBorder, transparent);
    border-radius: 6px;
    padding: 6px 10px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    max-height: 40vh;
    overflow-y: auto;
  }
  .acts {
    position: absolute;
    top: -6px;
    right: 2px;
    display: flex;
    gap: 2px;
    padding: 1px;
    border-radius: 5px;
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    background: var(--vscode-editorWidget-background);
    opacity: 0;
  }
  :host(:hover) .acts,
  .acts:focus-within {
    opacity: 1;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin-top: 4px;
  }
  img {
    max-width: 100%;
    max-height: 240px;
    border-radius: 4px;
    display: block;
  }
  .chips img {
    max-height: 96px;
  }
  details > summary {
    cursor: pointer;
    list-style: none;
    border-radius: 4px;
    padding: 2px 4px;
    margin: 0 -4px;
  }
  details > summary::-webkit-details-marker {
    display: none;
  }
  details > summary:hover {
    background: var(--vscode-list-hoverBackground);
  }
  details > .inside {
    margin: 4px 0 4px 20px;
    display: flex;
    flex-direction: column;
    gap: 6px;
  }
  .codicon.fold {
    color: var(--vscode-descriptionForeground);
  }
  details[open] > summary .codicon.fold {
    transform: rotate(90deg);
  }
  .output {
    max-height: 240px;
    overflow: auto;
    padding: 6px 8px;
    border-radius: 4px;
    background: var(--vscode-terminal-background, var(--vscode-textCodeBlock-background));
    color: var(--vscode-terminal-foreground, inherit);
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
  }
  .decided {
    margin: 2px 0 0 20px;
    font-size: 0.92em;
  }
  .file {
    position: relative;
  }
  .file summary {
    padding-right: 24px;
  }
  .file > button.plain {
    position: absolute;
    top: 1px;
    right: -3px;
  }
  .files {
    display: flex;
    flex-direction: column;
    gap: 2px;
  }
`;

export const markdownStyles = css`
  .markdown {
    overflow-wrap: anywhere;
  }
  .markdown > :first-child {
    margin-top: 0;
  }
  .markdown > :last-child {
    margin-bottom: 0;
  }
  .markdown p,
  .markdown ul,
  .markdown ol,
  .markdown blockquote {
    margin: 0 0 8px;
  }
  .markdown ul,
  .markdown ol {
    padding-left: 22px;
  }
  .markdown li > p {
    margin: 0;
  }
  .markdown li.task {
    list-style: none;
    margin-left: -20px;
  }
  .markdown h2 {
    margin: 12px 0 6px;
    font-size: 1em;
    font-weight: 600;
  }
  .markdown .h1 {
    font-size: 1.25em;
  }
  .markdown .h2 {
    font-size: 1.12em;
  }
  .markdown blockquote {
    padding: 2px 10px;
    border-left: 3px solid var(--vscode-textBlockQuote-border, var(--vscode-widget-border));
    background: var(--vscode-textBlockQuote-background, transparent);
  }
  .markdown hr {
    border: 0;
    border-top: 1px solid var(--vscode-widget-border, currentColor);
  }
  .markdown .raw {
    white-space: pre-wrap;
  }
  figure.code {
    margin: 0 0 8px;
    border-radius: 4px;
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    background: var(--vscode-editor-background);
  }
  figure.code figcaption {
    padding: 1px 2px 0 10px;
    font-size: 0.88em;
    min-height: 22px;
  }
  figure.code pre {
    padding: 0 10px 8px;
    overflow-x: auto;
    white-space: pre;
  }
  .markdown :not(pre) > code {
    padding: 0 3px;
    border-radius: 3px;
    background: var(--vscode-textPreformat-background);
    color: var(--vscode-textPreformat-foreground);
  }
  .markdown .table {
    overflow-x: auto;
    margin-bottom: 8px;
  }
  .markdown table {
    border-collapse: collapse;
  }
  .markdown td,
  .markdown th {
    border: 1px solid var(--vscode-widget-border, currentColor);
    padding: 2px 8px;
  }
`;

/** The colours of code: those in which every theme has VS Code's debugger show values. */
export const codeStyles = css`
  .t-comment,
  .t-prolog,
  .t-cdata {
    color: var(--vscode-descriptionForeground);
    font-style: italic;
  }
  .t-keyword,
  .t-atrule,
  .t-important,
  .t-boolean,
  .t-null {
    color: var(--vscode-debugTokenExpression-boolean);
  }
  .t-string,
  .t-char,
  .t-attr-value,
  .t-template-string,
  .t-regex,
  .t-inserted-sign {
    color: var(--vscode-debugTokenExpression-string);
  }
  .t-number,
  .t-constant,
  .t-symbol,
  .t-unit {
    color: var(--vscode-debugTokenExpression-number);
  }
  .t-function,
  .t-macro,
  .t-function-definition,
  .t-builtin {
    color: var(--vscode-debugTokenExpression-name);
  }
  .t-class-name,
  .t-tag,
  .t-selector,
  .t-namespace,
  .t-type-definition {
    color: var(--vscode-debugTokenExpression-number);
  }
  .t-deleted-sign {
    color: var(--vscode-errorForeground);
  }
  .t-bold {
    font-weight: bold;
  }
`;

const COLOURS = ["Black", "Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "White"];

function ansiRules(): string {
  const rules = COLOURS.flatMap((name) => {
    const short = name.toLowerCase();
    const variants = [
      [`ansi-${short}`, `--vscode-terminal-ansi${name}`],
      [`ansi-bright-${short}`, `--vscode-terminal-ansiBright${name}`],
    ];
    return variants.flatMap(([colour, variable]) => [
      `.fg-${colour} { color: var(${variable}); }`,
      `.bg-${colour} { background: var(${variable}); }`,
    ]);
  });
  return rules.join("\n");
}

const decorations = css`
  .ansi-bold {
    font-weight: bold;
  }
  .ansi-dim {
    opacity: 0.7;
  }
  .ansi-italic {
    font-style: italic;
  }
  .ansi-underline {
    text-decoration: underline;
  }
  .ansi-strikethrough {
    text-decoration: line-through;
  }
  .ansi-reverse {
    filter: invert(1);
  }
  .ansi-hidden {
    visibility: hidden;
  }
`;

export const ansiStyles = [unsafeCSS(ansiRules()), decorations];
