// VS Code's own icons, from the font that the page loads. As elements with a style sheet in each they were two fifths of
// the work of drawing a thread.

import { css, html, nothing, type TemplateResult } from "lit";

/** The icons of this page by their names in the font. */
export const ICONS: Readonly<Record<string, string>> = {
  add: "\uea60",
  archive: "\uea98",
  "arrow-down": "\uea9a",
  "arrow-left": "\uea9b",
  "arrow-up": "\ueaa1",
  "bell-dot": "\ueb9a",
  check: "\ueab2",
  "chevron-right": "\ueab6",
  chip: "\uec19",
  "circle-large-outline": "\uebb5",
  "circle-outline": "\ueabc",
  "circle-slash": "\ueabd",
  close: "\uea76",
  "code-review": "\uec37",
  copy: "\uebcc",
  "debug-stop": "\uead7",
  "diff-multiple": "\uec23",
  discard: "\ueae2",
  edit: "\uea73",
  ellipsis: "\uea7c",
  error: "\uea87",
  export: "\uebac",
  file: "\uea7b",
  "file-media": "\ueaea",
  filter: "\ueaf1",
  fold: "\ueaf5",
  folder: "\uea83",
  globe: "\ueb01",
  "go-to-file": "\uea94",
  info: "\uea74",
  "lightbulb-sparkle": "\uec1f",
  "list-unordered": "\ueb17",
  mention: "\ueb1f",
  pass: "\ueba4",
  person: "\uea67",
  pinned: "\ueba0",
  quote: "\ueb33",
  "repo-forked": "\uea63",
  selection: "\ueb85",
  shield: "\ueb53",
  "symbol-method": "\uea8c",
  sync: "\uea77",
  warning: "\uea6c",
};

type Look = {
  /** What it means, where nothing beside it says so. */
  label?: string | undefined;
  spin?: boolean;
  /** Classes for its looks. */
  kind?: string;
};

/** An icon; one that is not known is a circle. */
export function codicon(name: string, { label, spin = false, kind = "" }: Look = {}): TemplateResult {
  return html`<span
    class="codicon ${kind} ${spin ? "spin" : ""}"
    data-icon=${ICONS[name] ?? ICONS["circle-outline"]}
    role=${label === undefined ? nothing : "img"}
    aria-label=${label ?? nothing}
    aria-hidden=${label === undefined ? "true" : nothing}
  ></span>`;
}

export const iconStyles = css`
  .codicon {
    flex: 0 0 auto;
    display: inline-block;
    width: 16px;
    height: 16px;
    font: 16px/1 codicon;
    text-align: center;
    color: var(--vscode-icon-foreground);
    -webkit-font-smoothing: antialiased;
    user-select: none;
  }
  .codicon::before {
    content: attr(data-icon);
  }
  .codicon.error {
    color: var(--vscode-errorForeground);
  }
  .codicon.spin {
    animation: spin 1.5s linear infinite;
  }
  @keyframes spin {
    100% {
      transform: rotate(360deg);
    }
  }
`;
