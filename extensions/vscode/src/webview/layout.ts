// Where the parts of the view are.

import { css } from "lit";

export const layout = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100vh;
  }
  header {
    padding: 2px 12px 4px 8px;
    border-bottom: 1px solid var(--vscode-sideBarSectionHeader-border, var(--vscode-contrastBorder, transparent));
  }
  header button.plain {
    display: flex;
    align-items: center;
    gap: 4px;
    min-width: 0;
    padding: 3px 6px;
    flex: 0 1 auto;
  }
  header .name {
    font-weight: 600;
  }
  header > span {
    flex: 0 0 auto;
    margin-left: auto;
  }
  main {
    flex: 1 1 0;
    min-height: 80px;
    overflow-y: auto;
    padding: 10px 14px;
  }
  article {
    display: flex;
    flex-direction: column;
    gap: 8px;
    margin-bottom: 16px;
  }
  footer {
    display: flex;
    flex-direction: column;
    gap: 8px;
    padding: 6px 12px 12px;
    min-height: 0;
    max-height: calc(100vh - 140px);
  }
  .cards {
    display: flex;
    flex-direction: column;
    gap: 8px;
    flex: 0 1 auto;
    min-height: 0;
    overflow-y: auto;
  }
  .marker {
    color: var(--vscode-descriptionForeground);
  }
  .actions.turn {
    margin-left: -6px;
    color: var(--vscode-descriptionForeground);
  }
  .actions.turn button {
    display: flex;
    gap: 4px;
    padding: 2px 6px;
  }
  .actions.turn button:hover {
    color: var(--vscode-foreground);
  }
  details.marker > summary {
    cursor: pointer;
    list-style: none;
  }
  details.marker > .words {
    margin: 4px 0 0 22px;
  }
  .words,
  .marker .grow:not(.clip) {
    overflow-wrap: anywhere;
  }
  .words pre {
    max-height: 160px;
    overflow: auto;
  }
  footer > :not(.cards) {
    flex: 0 0 auto;
  }
  .said,
  .running,
  .notice,
  .failure {
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding: 8px 10px;
    border-radius: 6px;
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    background: var(--vscode-editorWidget-background);
  }
  .notice {
    flex-direction: row;
  }
  .notice,
  .failure {
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  }
  .waiting {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 4px 0;
    color: var(--vscode-descriptionForeground);
  }
  .waiting vscode-progress-ring {
    width: 16px;
    height: 16px;
  }
  .center {
    padding: 16px 14px;
  }
  .empty {
    padding: 12px 0;
  }
  .empty p {
    margin: 0 0 8px;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
`;
