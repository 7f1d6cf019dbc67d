// What the webview makes of texts from outside, as far as no page is needed.

import { expect, test } from "vitest";
import { settledLines } from "../src/webview/ansi";
import { fileInCode, fileLink, webLink } from "../src/webview/links";
import { pictureUrl } from "../src/webview/pictureUrl";
import { MarkdownTokens, plainText } from "../src/webview/tokens";

test("only addresses of the web and of mail become links", () => {
  const hrefs = [
    "https://a.b/c",
    "mailto:a@b.c",
    "javascript:x",
    "JaVaScRiPt:x",
    "command:a.b",
    "data:text/html,x",
    "a/b",
  ];
  expect(hrefs.map((href) => webLink(href) !== null)).toEqual([true, true, false, false, false, false, false]);
});

test("paths become links to files with their lines, schemes do not", () => {
  expect(["src/a.ts:12", "/abs/a.ts#L3", "C:\\a.ts:4", "my%20file.md", "command:a.b", "#top"].map(fileLink)).toEqual([
    { path: "src/a.ts", line: 12 },
    { path: "/abs/a.ts", line: 3 },
    { path: "C:\\a.ts", line: 4 },
    { path: "my file.md", line: null },
    null,
    null,
  ]);
});

test("code that names a file is a link, other code is not", () => {
  const codes = ["src/greeting.ts", "greeting.ts:20", "greeting.ts", "a.b", "npm test", "./", "Math.max"];
  expect(codes.map((code) => fileInCode(code) !== null)).toEqual([true, true, false, false, false, false, false]);
});

test("pictures are shown from the page's own data only, and none that could hold a script", () => {
  const urls = [
    "data:image/png;base64,AA==",
    "data:image/svg+xml;base64,AA==",
    "https://a.b/c.png",
    'data:image/png;base64,"x',
  ];
  expect(urls.map((url) => pictureUrl(url) !== null)).toEqual([true, false, false, false]);
});

test("a text that grows is read on from where it is settled, with the same result", () => {
  const text =
    "# One\n\nA paragraph\nof two lines\n\n- a\n- b\n\n```ts\nlet a = 1;\n\nlet b;\n```\n\n| a |\n| - |\n| 1 |\n\nThe end, `code` and all.";
  const growing = new MarkdownTokens();
  for (let at = 1; at <= text.length; at += 1) growing.of(text.slice(0, at));
  const bare = (tokens: unknown) => JSON.stringify(tokens);
  expect(bare(growing.of(text))).toBe(bare(new MarkdownTokens().of(text)));
  const first = growing.of(text)[0];
  expect(growing.of(`${text} More.`)[0]).toBe(first);
  expect(bare(growing.of("Another text"))).toBe(bare(new MarkdownTokens().of("Another text")));
});

test("character references are read, and nothing else", () => {
  expect(plainText("a &lt;b&gt; &amp;amp; &#106;s &#x3042; &nosuch; &#xD800;")).toBe(
    "a <b> &amp; js あ &nosuch; &#xD800;",
  );
});

test("lines that were drawn over are there once, and titles of terminals not at all", () => {
  expect(
    settledLines("10 %\r50 %\r100 %\ndone\r\n\u001b]0;title\u0007x\u001b]8;;http://a\u0007link\u001b]8;;\u0007"),
  ).toBe("100 %\ndone\nxlink");
});
