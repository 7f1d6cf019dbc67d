// What a command printed, with the colours it chose. Text all the way: no markup is made of it.

import { ansiToJson, type AnserJsonEntry } from "anser";
import { html, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import { painted } from "./painted";

// eslint-disable-next-line no-control-regex -- Control characters are what this is about.
const TITLES = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[PX^_][^\u001b]*\u001b\\|\u001b[()][A-Z0-9]/g;
// eslint-disable-next-line no-control-regex
const COLOUR = /\u001b\[/;

/** Output as a terminal would leave it on paper: a line that was drawn over is there once. */
export function settledLines(text: string): string {
  const plain = text.replace(TITLES, "").replaceAll("\r\n", "\n");
  if (!plain.includes("\r")) return plain;
  return plain.replace(/[^\n]*\r(?=[^\n])/g, "").replaceAll("\r", "");
}

export function ansiView(text: string): string | TemplateResult[] {
  const settled = settledLines(text);
  if (!COLOUR.test(settled)) return settled;
  return ansiToJson(settled, { json: true, remove_empty: true, use_classes: true }).map(piece);
}

function piece(entry: AnserJsonEntry): TemplateResult {
  const decorations: string[] = entry.decorations;
  const classes = Object.fromEntries(
    [named(entry.fg, "fg"), named(entry.bg, "bg"), ...decorations.map((name) => `ansi-${name}`)]
      .filter((name) => name !== "")
      .map((name) => [name, true]),
  );
  const style = { color: exact(entry.fg, entry.fg_truecolor), "background-color": exact(entry.bg, entry.bg_truecolor) };
  return html`<span class=${classMap(classes)} ${painted(style)}>${entry.content}</span>`;
}

/** One of the sixteen colours, which the theme paints. */
function named(colour: string | null, side: string): string {
  return colour && /^ansi-(bright-)?(black|red|green|yellow|blue|magenta|cyan|white)$/.test(colour)
    ? `${side}-${colour}`
    : "";
}

/** A colour by its number; anything else than numbers is nothing. */
function exact(colour: string | null, truecolor: string | null): string | undefined {
  if (colour === "ansi-truecolor" && truecolor && /^[\d, ]+$/.test(truecolor)) return `rgb(${truecolor})`;
  const index = Number(/^ansi-palette-(\d+)$/.exec(colour ?? "")?.[1] ?? NaN);
  if (!(index >= 16 && index <= 255)) return undefined;
  if (index >= 232)
    return `rgb(${Array(3)
      .fill(8 + (index - 232) * 10)
      .join(",")})`;
  const part = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(part).join(",")})`;
}
