// Markdown as tokens. While a message grows, only its end is read again: what was read before it stands.

import { Lexer, type Token } from "marked";

const OPTIONS = { gfm: true, breaks: true };
/** The last tokens may still change as text is added: a paragraph becomes a table, a list gets another item. */
const UNSETTLED = 3;

export class MarkdownTokens {
  private settled: Token[] = [];
  private settledText = "";

  /** The block tokens of a text. Those of an earlier, shorter state of it are the same objects. */
  of(text: string): Token[] {
    if (!text.startsWith(this.settledText)) [this.settled, this.settledText] = [[], ""];
    const fresh = new Lexer(OPTIONS).lex(text.slice(this.settledText.length));
    const tokens = [...this.settled, ...fresh];
    const stable = fresh.slice(0, Math.max(fresh.length - UNSETTLED, 0));
    // The lexer may change what it reads, line ends for one: then nothing is kept.
    const raw = this.settledText + stable.map((token) => token.raw).join("");
    if (stable.length > 0 && text.startsWith(raw)) {
      [this.settled, this.settledText] = [[...this.settled, ...stable], raw];
    }
    return tokens;
  }
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** Text with the character references that Markdown takes from HTML. */
export function plainText(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? parseInt(String(hex), 16) : null;
    if (code === null) return NAMED[String(name)] ?? whole;
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}
