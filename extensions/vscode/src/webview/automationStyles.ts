// How the form of an automation looks.

import { css } from "lit";

export const automationStyles = css`
  :host {
    display: block;
    padding: 20px 28px 40px;
    max-width: 760px;
  }
  h1 {
    font-size: 1.5em;
    font-weight: 600;
    margin: 0 0 16px;
  }
  fieldset,
  details {
    border: 0;
    border-top: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    margin: 20px 0 0;
    padding: 14px 0 0;
    min-width: 0;
  }
  legend,
  summary {
    font-weight: 600;
    font-size: 1.08em;
    padding: 0 8px 0 0;
  }
  legend {
    float: left;
    width: 100%;
    margin-bottom: 8px;
  }
  legend + * {
    clear: both;
  }
  summary {
    cursor: pointer;
    width: fit-content;
  }
  details[open] > summary {
    margin-bottom: 8px;
  }
  .entry {
    display: flex;
    flex-direction: column;
    gap: 4px;
    margin: 0 0 14px;
    min-width: 0;
  }
  .entries {
    display: flex;
    flex-wrap: wrap;
    gap: 0 16px;
  }
  .entries > .entry {
    flex: 0 1 auto;
  }
  .entries > .entry.wide {
    flex: 1 1 220px;
  }
  label,
  .label {
    font-weight: 600;
  }
  label.choice {
    font-weight: normal;
    display: flex;
    gap: 8px;
    align-items: baseline;
  }
  label.choice span.dim {
    display: block;
  }
  input:not([type="radio"], [type="checkbox"]),
  textarea,
  select {
    font: inherit;
    color: var(--vscode-input-foreground);
    background: var(--vscode-input-background);
    border: 1px solid
      var(
        --vscode-settings-textInputBorder,
        var(--vscode-input-border, var(--vscode-contrastBorder, var(--vscode-widget-border, currentColor)))
      );
    border-radius: 4px;
    padding: 5px 8px;
    min-width: 0;
    color-scheme: light;
  }
  :host([dark]) input,
  :host([dark]) select {
    color-scheme: dark;
  }
  select {
    color: var(--vscode-dropdown-foreground);
    background: var(--vscode-dropdown-background);
    padding: 5px 6px;
  }
  input[type="number"] {
    width: 8em;
  }
  textarea {
    resize: vertical;
    field-sizing: content;
    min-height: 5.5em;
    max-height: 50vh;
  }
  textarea.rule {
    min-height: 2.6em;
    font-family: var(--vscode-editor-font-family, monospace);
    font-size: var(--vscode-editor-font-size, 12px);
  }
  input[type="radio"],
  input[type="checkbox"] {
    accent-color: var(--vscode-textLink-foreground);
    margin: 0;
  }
  [aria-invalid="true"] {
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground)) !important;
  }
  :is(input, textarea, select):focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  ::placeholder {
    color: var(--vscode-input-placeholderForeground);
  }
  .failure {
    margin: 2px 0;
    padding-left: 8px;
    font-weight: 600;
    border-left: 3px solid var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
    overflow-wrap: anywhere;
  }
  .days {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .days label {
    font-weight: normal;
    display: flex;
    gap: 6px;
    align-items: center;
    padding: 4px 9px 4px 7px;
    border: 1px solid
      var(--vscode-settings-textInputBorder, var(--vscode-widget-border, var(--vscode-contrastBorder, transparent)));
    border-radius: 4px;
    cursor: pointer;
  }
  .preview {
    display: flex;
    flex-direction: column;
    gap: 4px;
    padding: 10px 12px;
    border-radius: 4px;
    background: var(--vscode-textBlockQuote-background, transparent);
    border: 1px solid var(--vscode-contrastBorder, transparent);
    min-height: 11.2em;
  }
  .preview ol {
    margin: 0;
    padding: 0 0 0 1.6em;
    font-variant-numeric: tabular-nums;
  }
  .preview code {
    overflow-wrap: anywhere;
  }
  .preview.old ol {
    opacity: 0.6;
  }
  .folders {
    list-style: none;
    margin: 0;
    padding: 0;
    display: flex;
    flex-direction: column;
    gap: 2px;
  }
  .folders li {
    display: flex;
    gap: 6px;
    align-items: center;
    min-width: 0;
  }
  .note {
    padding: 10px 12px;
    border-radius: 4px;
    border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
    border-left: 3px solid var(--vscode-textLink-foreground);
    margin: 20px 0 0;
  }
  .note.denied {
    border-left-color: var(--vscode-errorForeground);
  }
  .note h2 {
    font: inherit;
    font-weight: 600;
    margin: 0 0 4px;
  }
  .note ul {
    margin: 0;
    padding: 0 0 0 1.3em;
  }
  .note .row {
    margin-top: 8px;
    flex-wrap: wrap;
  }
  footer {
    display: flex;
    gap: 8px;
    align-items: center;
    flex-wrap: wrap;
    margin: 22px 0 0;
  }
`;
