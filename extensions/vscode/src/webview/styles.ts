// One look for all parts: VS Code's own colours and sizes, nothing of ours.

import { css } from "lit";

export const base = css`
  :host {
    color: var(--vscode-foreground);
    font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size, 13px);
    line-height: 1.45;
  }
  * {
    box-sizing: border-box;
  }
  .dim {
    color: var(--vscode-descriptionForeground);
  }
  .error {
    color: var(--vscode-errorForeground);
  }
  .row {
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
  }
  .grow {
    flex: 1 1 auto;
    min-width: 0;
  }
  .clip {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  code,
  pre,
  .mono {
    font-family: var(--vscode-editor-font-family, monospace);
    font-size: var(--vscode-editor-font-size, 12px);
  }
  pre {
    margin: 0;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  a {
    color: var(--vscode-textLink-foreground);
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  button.plain {
    all: unset;
    box-sizing: border-box;
    cursor: pointer;
    color: inherit;
    border-radius: 4px;
  }
  button.plain:hover {
    background: var(--vscode-toolbar-hoverBackground);
  }
  button.plain:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
  }
`;

export const diffStyles = css`
  .diff {
    max-height: 320px;
    overflow: auto;
    padding: 4px 0;
    background: var(--vscode-textCodeBlock-background, var(--vscode-editor-background));
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    border-radius: 4px;
  }
  .diff span {
    display: block;
    padding: 0 8px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    min-height: 1.4em;
  }
  .diff .added {
    background: var(--vscode-diffEditor-insertedLineBackground, transparent);
  }
  .diff .removed {
    background: var(--vscode-diffEditor-removedLineBackground, transparent);
  }
  .diff .hunk {
    color: var(--vscode-descriptionForeground);
  }
  .plus {
    color: var(--vscode-gitDecoration-addedResourceForeground);
  }
  .minus {
    color: var(--vscode-gitDecoration-deletedResourceForeground);
  }
`;
