// Every text that a person sees has its German, and what has German is still there.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { afterEach, expect, test } from "vitest";
import { t, useBundle } from "../src/l10n";

const root = path.resolve(import.meta.dirname, "..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const json = (file: string) => JSON.parse(read(file)) as Record<string, string>;

/** The texts of all calls of `t`; one that is not written out can't be looked up. */
function texts(): { found: string[]; unclear: string[] } {
  const [found, unclear] = [new Set<string>(), [] as string[]];
  for (const file of readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || file === "l10n.ts") continue;
    const source = ts.createSourceFile(file, read(path.join("src", file)), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && node.expression.getText(source) === "t") {
        const [text] = node.arguments;
        if (text && ts.isStringLiteralLike(text)) found.add(text.text);
        else unclear.push(`${file}: ${node.getText(source)}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { found: [...found].sort(), unclear };
}

const placeholders = (text: string) => [...new Set(text.match(/\{\d+\}/g) ?? [])].sort();
/** What must be the same in every language: commands, code. */
const fixed = (text: string) =>
  text.match(/\(command:[^)]*\)|`(?:outrigger|codex|PATH|config\.toml|notify-send)`/g) ?? [];

afterEach(() => useBundle(undefined));

test("every text has its German, with the same places for what is put in", () => {
  const { found, unclear } = texts();
  const german = json("l10n/bundle.l10n.de.json");
  expect(unclear).toEqual([]);
  expect(Object.keys(german).sort()).toEqual(found);
  for (const text of found) expect([text, placeholders(german[text] ?? "")]).toEqual([text, placeholders(text)]);
});

test("so has every text of the manifest, and the manifest names no other", () => {
  const [english, german] = [json("package.nls.json"), json("package.nls.de.json")];
  const named = [...new Set([...read("package.json").matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key))].sort();
  expect(Object.keys(english).sort()).toEqual(named);
  expect(Object.keys(german)).toEqual(Object.keys(english));
  for (const [key, text] of Object.entries(english)) {
    expect([key, fixed(german[key] ?? "").sort()]).toEqual([key, fixed(text).sort()]);
  }
});

test("a text is looked up and filled; one that is not there is said in English", () => {
  expect(t("{0} of {1}", 1, "{0}")).toBe("1 of {0}");
  useBundle({ "{0} of {1}": "von {1}: {0}" });
  expect([t("{0} of {1}", 1, 2), t("left {0}")]).toEqual(["von 2: 1", "left {0}"]);
});
