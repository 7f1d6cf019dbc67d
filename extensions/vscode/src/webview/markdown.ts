// A model's Markdown, drawn token by token. No HTML of it ever reaches the page: what it writes as HTML is shown as the
// text that it is, and pictures from elsewhere are not loaded.

import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import type { Token, Tokens } from "marked";
import { t } from "../l10n";
import { hasGrammars, highlighted } from "./highlight";
import { post } from "./host";
import { codicon } from "./icon";
import { type FileLink, fileInCode, fileLink, webLink } from "./links";
import { MarkdownTokens, plainText } from "./tokens";

type Drawn = string | TemplateResult | typeof nothing | Drawn[];

/** One text that may still grow. */
export class MarkdownView {
  private readonly tokens = new MarkdownTokens();

  draw(text: string): TemplateResult {
    const colours = hasGrammars();
    const drawn = this.tokens.of(text).map((token) => guard([token, colours], () => block(token)));
    return html`<div class="markdown">${drawn}</div>`;
  }
}

function blocks(tokens: Token[] | undefined): Drawn[] {
  return (tokens ?? []).map(block);
}

function block(token: Token): Drawn {
  switch (token.type) {
    case "paragraph":
      return html`<p>${inline(token.tokens)}</p>`;
    case "heading":
      return heading((token as Tokens.Heading).depth, inline(token.tokens));
    case "code":
      return code(token as Tokens.Code);
    case "blockquote":
      return html`<blockquote>${blocks(token.tokens)}</blockquote>`;
    case "list":
      return list(token as Tokens.List);
    case "table":
      return table(token as Tokens.Table);
    case "hr":
      return html`<hr />`;
    case "html":
      return html`<p class="raw">${(token as Tokens.HTML).text.trimEnd()}</p>`;
    case "space":
    case "def":
      return nothing;
    default:
      return inlineOf(token);
  }
}

/** Headings of a message are all of one level below the page's: how they follow one another is the model's choice. */
function heading(depth: number, text: Drawn[]): TemplateResult {
  return html`<h2 class="h${Math.min(depth, 3)}">${text}</h2>`;
}

function code({ text, lang }: Tokens.Code): TemplateResult {
  const language = (lang ?? "").split(/[\s,{]/)[0] ?? "";
  const copy = () => post({ type: "copy", text });
  return html`<figure class="code">
    <figcaption class="row">
      <span class="grow dim">${language}</span>
      <button class="plain icon" title=${t("Copy")} aria-label=${t("Copy code")} @click=${copy}>
        ${codicon("copy")}
      </button>
    </figcaption>
    <pre tabindex="0"><code>${highlighted(text, language)}</code></pre>
  </figure>`;
}

function list({ ordered, start, items }: Tokens.List): TemplateResult {
  const rows = items.map((item) => {
    const box = html`<input type="checkbox" disabled .checked=${item.checked ?? false} aria-label=${t("Done")} />`;
    const inside = item.tokens.filter(({ type }) => type !== "checkbox");
    return html`<li class=${item.task ? "task" : ""}>${item.task ? box : nothing}${blocks(inside)}</li>`;
  });
  return ordered
    ? html`<ol start=${start || 1}>
        ${rows}
      </ol>`
    : html`<ul>
        ${rows}
      </ul>`;
}

function table({ header, rows }: Tokens.Table): TemplateResult {
  return html`<div class="table" tabindex="0">
    <table>
      <thead>
        <tr>
          ${header.map((cell) => html`<th scope="col" align=${cell.align ?? "left"}>${inline(cell.tokens)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell) => html`<td align=${cell.align ?? "left"}>${inline(cell.tokens)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function inline(tokens: Token[] | undefined): Drawn[] {
  return (tokens ?? []).map(inlineOf);
}

function inlineOf(token: Token): Drawn {
  switch (token.type) {
    case "strong":
      return html`<strong>${inline(token.tokens)}</strong>`;
    case "em":
      return html`<em>${inline(token.tokens)}</em>`;
    case "del":
      return html`<del>${inline(token.tokens)}</del>`;
    case "codespan":
      return codespan((token as Tokens.Codespan).text);
    case "br":
      return html`<br />`;
    case "link":
      return link((token as Tokens.Link).href, inline(token.tokens));
    case "image":
      return link((token as Tokens.Image).href, [`🖼 ${(token as Tokens.Image).text || (token as Tokens.Image).href}`]);
    case "escape":
      return (token as Tokens.Escape).text;
    case "text":
      return token.tokens ? inline(token.tokens) : plainText((token as Tokens.Text).text);
    default:
      return token.raw;
  }
}

function codespan(text: string): TemplateResult {
  const file = fileInCode(text);
  return file ? fileAnchor(file, html`<code>${text}</code>`) : html`<code>${text}</code>`;
}

function link(href: string, text: Drawn[]): Drawn {
  const web = webLink(href);
  if (web) return html`<a href=${web} title=${web}>${text}</a>`;
  const file = fileLink(href);
  return file ? fileAnchor(file, text) : text;
}

function fileAnchor(file: FileLink, text: Drawn): TemplateResult {
  const where = file.line === null ? file.path : t("{0}, line {1}", file.path, file.line);
  return html`<button class="plain link" title=${t("Open {0}", where)} @click=${() => openFile(file)}>${text}</button>`;
}

export function openFile({ path, line }: FileLink): void {
  post({ type: "openFile", path, line });
}
