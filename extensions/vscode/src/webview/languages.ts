// The languages that code is coloured in. Prism's grammars find it as a global, so it is made one first.

import "./prism";
import type { Token } from "prismjs";
import Prism from "prismjs/components/prism-core";
import "prismjs/components/prism-clike";
import "prismjs/components/prism-markup";
import "prismjs/components/prism-css";
import "prismjs/components/prism-javascript";
import "prismjs/components/prism-typescript";
import "prismjs/components/prism-jsx";
import "prismjs/components/prism-tsx";
import "prismjs/components/prism-json";
import "prismjs/components/prism-yaml";
import "prismjs/components/prism-toml";
import "prismjs/components/prism-bash";
import "prismjs/components/prism-python";
import "prismjs/components/prism-rust";
import "prismjs/components/prism-go";
import "prismjs/components/prism-java";
import "prismjs/components/prism-kotlin";
import "prismjs/components/prism-c";
import "prismjs/components/prism-cpp";
import "prismjs/components/prism-sql";
import "prismjs/components/prism-diff";
import "prismjs/components/prism-docker";

const ALIASES: Record<string, string> = {
  ...{ sh: "bash", shell: "bash", zsh: "bash", console: "bash", py: "python", rs: "rust", yml: "yaml", golang: "go" },
  ...{ kt: "kotlin", "c++": "cpp", h: "c", hpp: "cpp", cc: "cpp", jsonc: "json", json5: "json", patch: "diff" },
  ...{ dockerfile: "docker", vue: "markup", svelte: "markup", mjs: "javascript", cjs: "javascript", mts: "typescript" },
};

/** The tokens of a code; null for a language that is not known. */
export function tokenize(code: string, language: string): (string | Token)[] | null {
  const grammar = Prism.languages[ALIASES[language] ?? language];
  return typeof grammar === "object" ? Prism.tokenize(code, grammar) : null;
}
