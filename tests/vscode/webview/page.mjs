// A webview in a page of its own, without VS Code around it: for what takes a browser but no editor. The page
// has the very policy that the extension gives it, and the colours of VS Code's own themes.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { extensionDir } from "../../tools/paths.mjs";
import { everyElement } from "./deep.mjs";

const ORIGIN = "http://webview.test";
const TYPES = { js: "text/javascript", css: "text/css", ttf: "font/ttf" };
const dist = path.join(extensionDir, "dist/webview");

/** The element that a page shows, and its script. */
const PARTS = {
  view: { element: "outrigger-view", script: "main.js" },
  automation: { element: "outrigger-automation", script: "automation.js" },
};

/**
 * Opens a built webview: the `view`, or the form of an `automation`. `theme`: `light`, `dark`, `hcDark` or `hcLight`;
 * `language`: `en` or `de`. `zone` is that of the browser's clock.
 */
export async function openWebview(browser, options = {}) {
  const { part = "view", theme = "light", language = "en" } = options;
  const { width = 460, height = 860, zone = "Europe/Berlin" } = options;
  const viewport = { width, height };
  const context = await browser.newContext({ viewport, reducedMotion: "reduce", timezoneId: zone });
  const page = await context.newPage();
  const themes = JSON.parse(await readFile(new URL("themes.json", import.meta.url), "utf8"));
  const names = (await readdir(dist)).filter((name) => !name.endsWith(".map"));
  const files = new Map(await Promise.all(names.map(async (name) => [name, await readFile(path.join(dist, name))])));
  await page.route(`${ORIGIN}/**`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name === "") {
      const body = await pageDocument(themes[theme], theme, PARTS[part]);
      return route.fulfill({ contentType: "text/html", body });
    }
    if (!files.has(name)) return route.fulfill({ status: 404 });
    return route.fulfill({ contentType: TYPES[name.split(".").at(-1)], body: files.get(name) });
  });
  const webview = new Webview(page);
  page.on("pageerror", (error) => webview.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && webview.errors.push(message.text()));
  page.on("request", (request) => request.url().startsWith(ORIGIN) || webview.errors.push(`asked ${request.url()}`));
  await page.addInitScript(() => {
    const kept = {};
    globalThis.posted = [];
    globalThis.acquireVsCodeApi = () => ({
      postMessage: (message) => globalThis.posted.push(message),
      getState: () => kept.state,
      setState: (state) => (kept.state = state),
    });
  });
  await page.goto(`${ORIGIN}/`);
  await webview.posted("ready");
  await webview.tell({ type: "language", language, texts: await textsOf(language) });
  return webview;
}

class Webview {
  page;
  /** What the page complained of, and where it turned to outside. */
  errors = [];

  constructor(page) {
    this.page = page;
  }

  /** Says something to the webview, as the extension would. */
  tell(...messages) {
    return this.page.evaluate((all) => all.forEach((message) => window.postMessage(message, "*")), messages);
  }

  /** Waits for a message of the webview, by its type; resolves with the last one. */
  async posted(type) {
    const found = await this.page.waitForFunction(
      (wanted) => globalThis.posted.findLast((message) => message.type === wanted),
      type,
    );
    return found.jsonValue();
  }

  /** Resolves when three frames in a row have drawn the same: what was said by then is shown. */
  async settled() {
    await this.page.evaluate(`globalThis.everyElement = ${everyElement}`);
    await this.page.evaluate(() => {
      let [before, same] = ["", 0];
      const drawn = () => {
        const all = globalThis.everyElement();
        const main = all.find(({ tagName }) => tagName === "MAIN");
        return [all.length, main?.scrollTop, main?.scrollHeight, main?.clientHeight].join();
      };
      return new Promise((done) => {
        const look = () => {
          const now = drawn();
          same = now === before ? same + 1 : 0;
          before = now;
          if (same === 3) done();
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      });
    });
  }

  close() {
    return this.page.context().close();
  }
}

/** The texts of a language, as VS Code gives them to the extension; English has none. */
async function textsOf(language) {
  if (language === "en") return {};
  return JSON.parse(await readFile(path.join(extensionDir, `l10n/bundle.l10n.${language}.json`), "utf8"));
}

/** The document that the extension gives its webview, read from where it is made. */
async function pageDocument(colours, theme, { element, script }) {
  const source = await readFile(path.join(extensionDir, "src/view/html.ts"), "utf8");
  const policy = [...source.matchAll(/^ {4}[`"]((?:default|script|style|font|img|base|form)-[^`"]*)[`"],$/gm)]
    .map(([, directive]) => directive)
    .join("; ")
    .replaceAll("${nonce}", "bm9uY2U=")
    .replaceAll("${webview.cspSource}", ORIGIN);
  const kind = {
    light: "vscode-light",
    dark: "vscode-dark",
    hcDark: "vscode-high-contrast",
    hcLight: "vscode-high-contrast-light",
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Outrigger</title>
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${ORIGIN}/codicon.css" nonce="bm9uY2U=">
<style nonce="bm9uY2U=">:root { ${colours} }
html, body { height: 100%; margin: 0; padding: 0; background: var(--vscode-sideBar-background); }</style>
</head>
<body class="${kind[theme]}">
<${element}></${element}>
<script type="module" nonce="bm9uY2U=" src="${ORIGIN}/${script}"></script>
</body>
</html>`;
}
