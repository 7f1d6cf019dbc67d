// Every text that a person sees has its German, and what has German is still there.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { afterEach, expect, test } from "vitest";
import { t, useBundle } from "../src/l10n";

const root = path.resolve(import.meta.dirname, "..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const json = (file: string) => JSON.parse(read(file)) as Record<string, string>;

/** The files of `src` below a folder, by their names. */
const sources = (within: RegExp) =>
  readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && within.test(file))
    .map((file) => ts.createSourceFile(file, read(path.join("src", file)), ts.ScriptTarget.Latest, true));

const isLookup = (node: ts.Node): node is ts.CallExpression =>
  ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "t";

/** The texts of all calls of `t`; one that is not written out can't be looked up. */
function texts(): { found: string[]; unclear: string[] } {
  const [found, unclear] = [new Set<string>(), [] as string[]];
  for (const source of sources(/^(?!l10n\.ts)/)) {
    const visit = (node: ts.Node): void => {
      if (isLookup(node)) {
        const [text] = node.arguments;
        if (text && ts.isStringLiteralLike(text)) found.add(text.text);
        else unclear.push(`${source.fileName}: ${node.getText()}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { found: [...found].sort(), unclear };
}

/** Words in a template of the view's page that are the same in every language: those between tags, and those of names. */
function wordsOf(template: ts.TemplateLiteral): string[] {
  const parts = ts.isNoSubstitutionTemplateLiteral(template)
    ? [template.text]
    : [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)];
  const page = parts.join("\0");
  const named = [...page.matchAll(/\s(?:title|aria-label|placeholder|label|alt)="([^"]*)"/g)].map(
    ([, name]) => name ?? "",
  );
  return [...named, ...page.replace(/<[^>]*>/g, "\n").split("\n")]
    .map((words) => words.replaceAll("\0", "").trim())
    .filter((words) => /\p{L}{2}/u.test(words));
}

/** What reads like words of a person's language and is not looked up. */
function unsaid(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isLookup(node)) {
      node.arguments.slice(1).forEach(visit);
      return;
    }
    const tag = ts.isTaggedTemplateExpression(node) && ts.isIdentifier(node.tag) ? node.tag.text : "";
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || tag === "css") return;
    if (ts.isTaggedTemplateExpression(node) && tag === "html") found.push(...wordsOf(node.template));
    const text = ts.isStringLiteralLike(node) ? node.text : ts.isTemplateExpression(node) ? wholeOf(node) : "";
    const inPage = ts.isTaggedTemplateExpression(node.parent);
    const compared =
      ts.isCaseClause(node.parent) ||
      (ts.isBinaryExpression(node.parent) && /[=!]==/.test(node.parent.operatorToken.getText(source)));
    if (!inPage && !compared && /^\p{Lu}\p{Ll}+(?:[ …,.:']|$)|\p{Ll}{2,} \p{Ll}{2,}/u.test(text)) found.push(text);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  return found.map((text) => `${source.fileName}: ${text.split("\n")[0]}`);
}

const wholeOf = ({ head, templateSpans }: ts.TemplateExpression) =>
  [head.text, ...templateSpans.map(({ literal }) => literal.text)].join("{}");

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

test("the view says nothing that is not looked up, but for names, what Codex is told, and the log", () => {
  const colours = ["Black", "Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "White"];
  expect(sources(/^(?:webview|view)[\\/]/).flatMap(unsaid)).toEqual([
    "view/conversation.ts: Continue.",
    "view/html.ts: img-src data:",
    ...["view/html.ts: <!doctype html>", "view/html.ts: <!doctype html>"],
    "view/provider.ts: The view stopped answering. It is built anew.",
    "view/provider.ts: The view stopped answering several times.",
    "webview/app.ts: Outrigger",
    ...["automation.toml", "Codex", "outrigger daemon install"].map((name) => `webview/automationForm.ts: ${name}`),
    "webview/composer.ts: Mac",
    ...colours.map((name) => `webview/itemStyles.ts: ${name}`),
  ]);
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
