// Code with the colours of its language. The grammars are a part of their own that is loaded when code is first shown.

import { html, type TemplateResult } from "lit";
import type { Token } from "prismjs";

/** Longer code than this, in characters, is shown without colours. */
const MOST = 30_000;

type Grammars = typeof import("./languages");
let grammars: Grammars | null = null;
let loading: Promise<void> | null = null;

/** Loads the grammars, once; resolves when they are there. Without them code is plain. */
export function loadGrammars(): Promise<void> {
  loading ??= import("./languages").then(
    (loaded) => void (grammars = loaded),
    () => undefined,
  );
  return loading;
}

export function hasGrammars(): boolean {
  return grammars !== null;
}

/** The code, coloured where its language is known. It is text all the way: no markup is made of it. */
export function highlighted(code: string, language: string): string | (string | TemplateResult)[] {
  const tokens = code.length <= MOST ? grammars?.tokenize(code, language.toLowerCase()) : null;
  return tokens ? tokens.map(drawn) : code;
}

function drawn(token: string | Token): string | TemplateResult {
  if (typeof token === "string") return token;
  const { content } = token;
  const inside = Array.isArray(content) ? content.map(drawn) : typeof content === "string" ? content : drawn(content);
  return html`<span class="t-${token.type}">${inside}</span>`;
}
