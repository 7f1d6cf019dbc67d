// One look for all parts: VS Code's own colours and sizes, nothing of ours.

import { css } from "lit";
import { iconStyles } from "./icon";

const page = css`
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
    font-weight: 600;
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
  button.plain.link {
    color: var(--vscode-textLink-foreground);
    display: inline;
  }
  button.plain.link:hover {
    background: none;
    text-decoration: underline;
  }
  button.plain.link code {
    color: inherit;
    background: none;
  }
  h1 {
    font: inherit;
    margin: 0;
  }
  button.plain.icon {
    padding: 3px;
    line-height: 0;
  }
  button.plain[disabled] {
    opacity: 0.5;
    cursor: default;
  }
  .field {
    min-width: 0;
    font: inherit;
    color: var(--vscode-input-foreground);
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--vscode-widget-border, transparent));
    border-radius: 4px;
    padding: 4px 8px;
  }
  ::placeholder {
    color: var(--vscode-input-placeholderForeground);
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }
  button.plain:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
  }
`;

export const base = [iconStyles, page];
