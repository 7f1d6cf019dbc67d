// How the composer looks.

import { css } from "lit";

export const composerStyles = css`
  :host {
    display: block;
    position: relative;
  }
  .box {
    display: flex;
    flex-direction: column;
    border: 1px solid var(--vscode-input-border, var(--vscode-widget-border, transparent));
    border-radius: 6px;
    background: var(--vscode-input-background);
  }
  .box:focus-within {
    border-color: var(--vscode-focusBorder);
  }
  textarea {
    font: inherit;
    color: var(--vscode-input-foreground);
    background: transparent;
    border: 0;
    outline: none;
    resize: none;
    padding: 8px 10px 2px;
    max-height: 40vh;
    overflow-y: auto;
    field-sizing: content;
    min-height: 3.6em;
  }
  textarea:focus-visible {
    outline: none;
  }
  .refused {
    padding: 2px 10px;
    color: var(--vscode-errorForeground);
  }
  .tools {
    padding: 4px 6px 6px;
    gap: 2px;
  }
  .tools vscode-button {
    flex: 0 0 auto;
    margin-left: 4px;
  }
  button.plain.choice {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    padding: 2px 6px;
    color: var(--vscode-descriptionForeground);
    flex: 0 1 auto;
    min-width: 24px;
  }
  button.plain.choice:hover {
    color: var(--vscode-foreground);
  }
  .below {
    padding: 4px 2px 0;
    font-size: 0.92em;
    gap: 0 4px;
    flex-wrap: wrap;
  }
  .below > span {
    flex-shrink: 0;
    margin-left: 6px;
  }
  .below > span:first-of-type {
    margin-left: auto;
  }
  .tools .dim {
    font-size: 0.92em;
  }
  .high {
    color: var(--vscode-foreground);
    font-weight: 600;
  }
  .pictures {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    padding: 8px 10px 0;
  }
  .picture {
    position: relative;
  }
  .picture img {
    height: 56px;
    max-width: 120px;
    object-fit: cover;
    border-radius: 4px;
    display: block;
  }
  .picture button.plain {
    position: absolute;
    top: -6px;
    right: -6px;
    padding: 0;
    background: var(--vscode-editorWidget-background);
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, currentColor));
  }
  .list {
    position: absolute;
    left: 0;
    right: 0;
    bottom: 100%;
    margin-bottom: 4px;
    max-height: 260px;
    overflow-y: auto;
    padding: 4px;
    border-radius: 6px;
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    background: var(--vscode-editorSuggestWidget-background, var(--vscode-editorWidget-background));
    color: var(--vscode-editorSuggestWidget-foreground, inherit);
    box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
    z-index: 2;
  }
  .option {
    padding: 3px 6px;
    border-radius: 4px;
    cursor: pointer;
  }
  .option .label {
    flex: 0 1 auto;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
    max-width: 60%;
  }
  .option[aria-selected="true"] {
    color: var(--vscode-list-activeSelectionForeground);
    background: var(--vscode-list-activeSelectionBackground);
    outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
  }
  .option[aria-selected="true"] .dim {
    color: inherit;
  }
  .option:hover:not([aria-selected="true"]) {
    background: var(--vscode-list-hoverBackground);
  }
`;
