// Tests of the webview in a real browser, without an editor around it: what hostile texts come to, accessibility, long
// threads, and writing. usage: node tests/vscode/webview/run.mjs [part of a test's name]
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { requireChromium } from "../../tools/chromium.mjs";
import { beforeExit, main } from "../../tools/lifetime.mjs";
import { extensionDir } from "../../tools/paths.mjs";
import { Steps } from "../../tools/steps.mjs";
import { automationTests } from "./automation.mjs";
import { hostileFailure, hostileList, hostileThread, LINE } from "./hostile.mjs";
import { openWebview } from "./page.mjs";
import { agent, page, thread, turn, user } from "./scenes.mjs";
import { scenes } from "./shown.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tests = new Map();
const test = (name, run, options = {}) => tests.set(name, { run, options });

/** Unfolds all that can be unfolded. */
async function unfold(webview) {
  await webview.settled();
  await webview.page.evaluate(() => {
    for (const fold of globalThis.everyElement()) {
      if (fold.tagName === "DETAILS" && !fold.open) fold.querySelector("summary").click();
    }
  });
  await webview.settled();
}

/** What is in the page that no text may bring there. */
function strangers() {
  const known = new Set(["SCRIPT:main.js", "SCRIPT:automation.js", "STYLE:head"]);
  const found = globalThis.everyElement().flatMap((element) => {
    const { tagName } = element;
    if (tagName === "SCRIPT") return [`SCRIPT:${element.src.split("/").at(-1)}`];
    if (tagName === "STYLE") return [element.closest("head") ? "STYLE:head" : "STYLE:inside"];
    if (tagName === "IMG") return element.src.startsWith("data:image/") ? [] : [`IMG:${element.src}`];
    if (tagName === "A") return /^(https?|mailto):/.test(element.href) ? [] : [`A:${element.href}`];
    // The icons' style sheet, in each of them.
    if (tagName === "LINK") return element.href === `${location.origin}/codicon.css` ? [] : [`LINK:${element.href}`];
    if (["IFRAME", "OBJECT", "EMBED", "SVG", "BASE", "FORM"].includes(tagName.toUpperCase())) return [tagName];
    return element
      .getAttributeNames()
      .filter((name) => name.startsWith("on"))
      .map((name) => `${tagName} ${name}`);
  });
  return found.filter((one) => !known.has(one));
}

async function staysText(webview) {
  await unfold(webview);
  for (const at of [0, 0.5, 1]) {
    await webview.page.evaluate((part) => {
      const scroller = globalThis.everyElement().find(({ tagName }) => tagName === "MAIN");
      scroller.scrollTop = scroller.scrollHeight * part;
    }, at);
    await webview.settled();
    await unfold(webview);
    assert.deepEqual(await webview.page.evaluate(strangers), []);
  }
  assert.equal(await webview.page.evaluate(() => globalThis.owned), undefined);
}

test("hostile texts in a thread, in approvals and around them stay texts", async (webview) => {
  await webview.tell(...hostileThread);
  await webview.page.locator("outrigger-item").last().waitFor();
  await staysText(webview);
  // It is all there to be read, as it was written.
  const message = webview.page.locator("outrigger-item").last();
  assert.ok(
    (await message.evaluate(({ shadowRoot }) => shadowRoot.textContent)).includes(
      '<img src="https://evil.example/p.png" onerror=',
    ),
  );
  assert.deepEqual(await message.locator("a").evaluateAll((all) => [...new Set(all.map(({ href }) => href))]), [
    "https://example.com/page",
    "https://evil.example/t.png?q=secret",
    "https://example.com/auto",
    "https://example.com/",
  ]);
});

test("hostile names of threads, and hostile failures, stay texts", async (webview) => {
  for (const scene of [hostileList, hostileFailure]) {
    await webview.tell(...scene);
    await webview.page.locator("outrigger-threads").waitFor();
    await staysText(webview);
  }
});

test("hostile suggestions and what comes back unsent stay texts", async (webview) => {
  await webview.tell(...scenes.empty);
  const box = webview.page.locator("outrigger-composer textarea");
  await box.pressSequentially("@x");
  await webview.posted("suggest");
  const items = [{ label: LINE, detail: LINE, icon: 'file" onload="x', insert: LINE }];
  await webview.tell({ type: "suggestions", query: "@x", items });
  await webview.page.locator("[role=option]").waitFor();
  await webview.tell({
    type: "unsent",
    text: "back",
    pictures: ["https://evil.example/x.png", "data:image/svg+xml;base64,PHN2Zz4="],
  });
  await staysText(webview);
});

/** What axe says, but for colours that a command chose for its own output, out of those of the theme's terminal. */
function complaints({ id, nodes }) {
  const chosen = /^<span class="[^"]*-ansi-|^<span[^>]* style="color: rgb/;
  return nodes
    .filter(({ html }) => id !== "color-contrast" || !chosen.test(html))
    .map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`);
}

/** Nobody is kept out: no complaint of axe in what the webview shows. */
async function accessible(webview) {
  assert.deepEqual(webview.errors, []);
  await webview.page.evaluate(axe);
  const { violations } = await webview.page.evaluate(() => globalThis.axe.run(document));
  assert.deepEqual(violations.flatMap(complaints), []);
  webview.errors.length = 0; // Axe tries styles of its own, which the policy forbids.
}

for (const theme of ["light", "dark", "hcDark", "hcLight"]) {
  for (const [name, scene] of Object.entries(scenes)) {
    test(
      `axe finds nothing in ${name} (${theme})`,
      async (webview) => {
        await webview.tell(...scene);
        await webview.settled();
        if (name === "thread") await unfold(webview);
        await accessible(webview);
      },
      { theme },
    );
  }
}

test(
  "in German it is German, and it fits into a narrow side bar",
  async (webview) => {
    const texts = (...selectors) =>
      webview.page.evaluate(
        (all) =>
          all.map((selector) =>
            globalThis
              .everyElement()
              .filter((element) => element.matches(selector))
              .map((element) => (element.ariaLabel ?? element.placeholder ?? element.textContent).trim()),
          ),
        selectors,
      );
    await webview.tell(...scenes.waits);
    await webview.settled();
    assert.deepEqual(await texts("h1", "h3", "section.running > strong", "vscode-button", "textarea"), [
      ["Greet people who come back a little more warmly, and tell me what you changed"],
      ["Codex möchte ausführen"],
      ["Gesendet, wenn Codex fertig ist"],
      ["Annehmen", "Für diese Sitzung annehmen", "Ablehnen", "Anhalten", "Einreihen", "Lenken"],
      ["Codex lenken"],
    ]);
    for (const scene of Object.values(scenes)) {
      await webview.tell(...scene);
      await webview.settled();
      await webview.page.evaluate(axe);
      const { violations } = await webview.page.evaluate(() => globalThis.axe.run(document));
      assert.deepEqual(violations.flatMap(complaints), []);
      webview.errors.length = 0; // Axe's own styles.
      const wide = await webview.page.evaluate(() =>
        globalThis
          .everyElement()
          .filter(({ clientWidth, tagName }) => clientWidth > 0 && /^(MAIN|HEADER|FOOTER|SECTION)$/.test(tagName))
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
          .map(({ tagName, className, textContent }) => `${tagName}.${className} ${textContent.trim().slice(0, 60)}`),
      );
      assert.deepEqual(wide, []);
    }
    assert.equal(await webview.page.evaluate(() => document.documentElement.lang), "de");
  },
  { language: "de", width: 320 },
);

test("each line of a diff is one line high, and is copied as it is", async (webview) => {
  await webview.tell(...scenes.thread);
  await webview.page.locator("outrigger-item").last().waitFor();
  await unfold(webview);
  const line = webview.page.locator(".diff .line", { hasText: "A good ${part} to you" }).first();
  const { height, oneLine, text } = await line.evaluate((element) => ({
    height: element.getBoundingClientRect().height,
    oneLine: element.querySelector(".numbers").getBoundingClientRect().height,
    text: element.textContent,
  }));
  assert.equal(text, "   20 +  return `A good ${part} to you`;");
  assert.ok(height < 1.8 * oneLine, `${height} of ${oneLine}`);
});

automationTests({ test, accessible, strangers });

const many = (count) =>
  Array.from({ length: count / 10 }, (_, at) =>
    turn(`u${at}`, [
      user(`u${at}a`, `Question ${at}`),
      ...Array.from({ length: 9 }, (__, item) =>
        agent(`u${at}-${item}`, `Answer **${at}.${item}** of several words, and \`code\`.`),
      ),
    ]),
  );

const rowsDrawn = ({ page: shown }) => shown.locator("outrigger-item").count();

test("10,000 items open at the end, and only what is near is in the page", async (webview) => {
  await webview.tell({ type: "page", page: page() }, { type: "thread", thread: thread(many(10_000)) });
  await webview.page.locator("outrigger-item", { hasText: "Answer 999.8" }).waitFor();
  assert.ok((await rowsDrawn(webview)) < 60);
  const scroller = webview.page.locator("main");
  const fromEnd = () => scroller.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  await webview.settled();
  assert.ok((await fromEnd()) < 2, String(await fromEnd()));
  for (let at = 0; at < 30; at += 1)
    await webview.page.mouse.move(200, 300).then(() => webview.page.mouse.wheel(0, -700));
  await webview.page.locator("button", { hasText: "" }).and(webview.page.getByTitle("Jump to the end")).waitFor();
  assert.ok((await rowsDrawn(webview)) < 60);
  // What is added below does not move what is read.
  const seen = await scroller.evaluate((element) => element.scrollTop);
  await webview.tell({
    type: "changes",
    changes: [{ op: "item", turnId: "u999", itemId: "new", value: agent("new", "The last word") }],
  });
  await webview.settled();
  assert.ok(Math.abs((await scroller.evaluate((element) => element.scrollTop)) - seen) < 3);
  await webview.page.getByTitle("Jump to the end").click();
  await webview.page.locator("outrigger-item", { hasText: "The last word" }).waitFor();
});

test("what came before is loaded at the top, and what is read stays where it is", async (webview) => {
  const all = many(400);
  await webview.tell(
    { type: "page", page: page({ hasOlder: true }) },
    { type: "thread", thread: thread(all.slice(20)) },
  );
  await webview.page.locator("outrigger-item", { hasText: "Answer 39.8" }).waitFor();
  await webview.page.locator("main").evaluate((element) => (element.scrollTop = 0));
  await webview.posted("loadOlder");
  const first = webview.page.locator("outrigger-item", { hasText: "Question 20" });
  await first.waitFor();
  const before = await first.boundingBox();
  const older = { revision: 1, thread: thread(all.slice(0, 20)), olderCursor: null };
  await webview.tell({ type: "older", older }, { type: "page", page: page({ hasOlder: false }) });
  await webview.page.locator("main[data-rows='400']").waitFor();
  await webview.settled();
  const after = await first.boundingBox();
  assert.ok(after && Math.abs(after.y - before.y) < 120, `${before.y} → ${after?.y}`);
});

test("a text that streams is followed at the end", async (webview) => {
  await webview.tell({ type: "page", page: page({ activeTurnId: "u1" }) });
  await webview.tell({
    type: "thread",
    thread: thread([
      turn("u1", [user("i1", "Go"), agent("i2", "", { status: "inProgress" })], { status: "inProgress" }),
    ]),
  });
  for (let at = 0; at < 40; at += 1)
    await webview.tell({
      type: "changes",
      changes: [{ op: "text", turnId: "u1", itemId: "i2", field: "text", append: `Line ${at}\n\n` }],
    });
  await webview.page.locator("outrigger-item", { hasText: "Line 39" }).waitFor();
  await webview.settled();
  const fromEnd = await webview.page.locator("main").evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
  assert.ok(fromEnd < 2, String(fromEnd));
});

test("arrow up brings back what was written, and an IME keeps its keys", async (webview) => {
  await webview.tell({ type: "page", page: page() });
  await webview.tell({ type: "thread", thread: thread([turn("u1", [user("i1", "first"), user("i2", "second")])]) });
  const box = webview.page.locator("outrigger-composer textarea");
  await box.focus();
  for (const wanted of ["second", "first"]) {
    await box.press("ArrowUp");
    assert.equal(await box.inputValue(), wanted);
  }
  for (const wanted of ["second", ""]) {
    await box.press("End");
    await box.press("ArrowDown");
    assert.equal(await box.inputValue(), wanted);
  }
  await box.fill("日本");
  await box.evaluate((element) => {
    element.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true }));
    element.dispatchEvent(new KeyboardEvent("keydown", { key: "Process", bubbles: true }));
  });
  assert.equal(await webview.page.evaluate(() => globalThis.posted.some(({ type }) => type === "send")), false);
  await box.press("Enter");
  assert.deepEqual(await webview.posted("send"), { type: "send", text: "日本", pictures: [] });
});

test("a suggestion is taken by the keyboard, and a picture is pasted and sent", async (webview) => {
  await webview.tell(...scenes.empty);
  const box = webview.page.locator("outrigger-composer textarea");
  await box.pressSequentially("Look at @gre");
  await webview.page.waitForFunction(() => globalThis.posted.some(({ query }) => query === "@gre"));
  const items = ["src/greeting.ts", "src/green.ts"].map((insert) => ({
    label: insert,
    detail: "",
    icon: "file",
    insert,
  }));
  await webview.tell({ type: "suggestions", query: "@gre", items });
  await webview.page.locator("[role=option]").nth(1).waitFor();
  await box.press("ArrowDown");
  await box.press("Tab");
  assert.equal(await box.inputValue(), "Look at src/green.ts ");
  await box.evaluate((element) => {
    const bytes = Uint8Array.from(
      atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
      (c) => c.charCodeAt(0),
    );
    const data = new DataTransfer();
    data.items.add(new File([bytes], "dot.png", { type: "image/png" }));
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await webview.page.locator(".picture img").waitFor();
  await box.press("Enter");
  const sent = await webview.posted("send");
  assert.equal(sent.text, "Look at src/green.ts ");
  assert.match(sent.pictures[0], /^data:image\/png;base64,/);
});

await main(async () => {
  const steps = new Steps();
  await steps.step("webview", ({ exec }) => exec(process.execPath, ["build.mjs"], { cwd: extensionDir }));
  const executablePath = await requireChromium(steps);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  beforeExit("Chromium", () => browser.close());
  let [passed, failed] = [0, 0];
  for (const [name, { run, options }] of tests) {
    if (!name.includes(process.argv[2] ?? "")) continue;
    const webview = await openWebview(browser, options);
    try {
      await run(webview);
      assert.deepEqual(webview.errors, []);
      passed += 1;
      console.log(`  ✓ ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`  ✗ ${name}\n    ${(error.stack ?? String(error)).replaceAll("\n", "\n    ")}`);
    }
    await webview.close();
  }
  console.log(`stories: ${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
