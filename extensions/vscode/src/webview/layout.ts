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
  header h1 {
    display: flex;
  }
  .filter {
    border: 0;
    margin: 0;
    padding: 6px 14px;
    border-bottom: 1px solid var(--vscode-sideBarSectionHeader-border, var(--vscode-contrastBorder, transparent));
    max-height: 30vh;
    overflow-y: auto;
  }
  .filter input {
    margin: 2px 4px 2px 0;
  }
  header .name {
    font-weight: 600;
  }
  header > span {
    flex: 0 0 auto;
    margin-left: auto;
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
  .words {
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
  .notice {
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
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  }
  .center {
    padding: 16px 14px;
  }
`;
