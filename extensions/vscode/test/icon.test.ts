import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, test } from "vitest";
import { ICONS } from "../src/webview/icon";

const source = path.resolve(import.meta.dirname, "../src");
const read = (file: string) => readFileSync(path.join(source, file), "utf8");

test("each icon is the one of its name in VS Code's font, and those that are asked for are there", () => {
  const library = createRequire(import.meta.url).resolve("@vscode/codicons/dist/codicon.css");
  const font = new Map(
    [...readFileSync(library, "utf8").matchAll(/\.codicon-([\w-]+):before \{ content: "\\([\da-f]+)" \}/g)].map(
      ([, name = "", code = ""]) => [name, String.fromCodePoint(parseInt(code, 16))],
    ),
  );
  expect(Object.entries(ICONS).filter(([name, drawn]) => font.get(name) !== drawn)).toEqual([]);

  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) =>
    /^(webview|view).*ts$/.test(file),
  );
  const asked = files.flatMap((file) =>
    [...read(file).matchAll(/(?:\bcodicon\(|\bicon: )"([\w-]+)"/g)].map(([, name = ""]) => name),
  );
  expect(asked.length).toBeGreaterThan(25);
  expect(asked.filter((name) => !(name in ICONS))).toEqual([]);
});
