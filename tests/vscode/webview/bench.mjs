// Measures the webview in a real browser: `npm run bench -- --only vscode`. Each figure is the median of several runs, and
// the page is the built one, under the extension's own policy. It prints rows of the table in docs/benchmarks.md.
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { chromium } from "playwright-core";
import { extensionDir } from "../../tools/paths.mjs";
import { openWebview } from "./page.mjs";
import { agent, page, thread, turn, user } from "./scenes.mjs";

const RUNS = 5;

/** Measures everything; resolves with rows of a Markdown table. */
export async function measureWebview(executablePath) {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic"];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const opened = await runs(() => open10000(browser));
    const burst = await runs(() => burst20000(browser));
    const scrolled = await runs(() => scroll10000(browser));
    return [
      row(
        "thread of 10,000 items, from the snapshot's arrival to the first paint of its end",
        "≤ 300 ms",
        opened,
        "ms",
      ),
      row("longest frame while that thread is scrolled from its end to its start", "≤ 100 ms", scrolled, "ms"),
      row("longest frame during a burst of 20,000 deltas", "≤ 100 ms", burst, "ms"),
      ...(await bundles()),
    ];
  } finally {
    await browser.close();
  }
}

async function runs(measure) {
  const values = [];
  for (let at = 0; at < RUNS; at += 1) values.push(await measure());
  return values.sort((a, b) => a - b);
}

function row(figure, aim, values, unit) {
  const median = values[Math.floor(values.length / 2)];
  const [least, most] = [values[0], values.at(-1)].map(Math.round);
  const verdict = median <= Number(/\d+/.exec(aim)[0]) ? "met" : "**missed**";
  return `| ${figure} | ${aim} | ${Math.round(median)} ${unit} (${least}–${most}) |  | ${verdict} |`;
}

const items10000 = () =>
  thread(
    Array.from({ length: 1_000 }, (_, at) =>
      turn(`u${at}`, [
        user(`u${at}a`, `Question ${at}`),
        ...Array.from({ length: 9 }, (__, item) =>
          agent(`u${at}-${item}`, `Answer **${at}.${item}** of several words, and \`code\` in it.\n\n- one\n- two`),
        ),
      ]),
    ),
  );

async function open10000(browser) {
  const webview = await openWebview(browser);
  await webview.tell({ type: "page", page: page() });
  const took = await webview.page.evaluate(async (whole) => {
    const frames = (count) =>
      new Promise((done) => (count === 0 ? done() : requestAnimationFrame(() => done(frames(count - 1)))));
    await frames(2);
    const began = performance.now();
    window.dispatchEvent(new MessageEvent("message", { data: { type: "thread", thread: whole } }));
    const view = document.querySelector("outrigger-view").shadowRoot.querySelector("outrigger-transcript");
    const last = () =>
      [...view.shadowRoot.querySelectorAll("outrigger-item")].some((item) =>
        item.shadowRoot?.textContent.includes("999.8"),
      );
    while (!last()) await frames(1);
    await frames(1);
    return performance.now() - began;
  }, items10000());
  await webview.close();
  return took;
}

/** The longest time between two frames while `work` goes on in the page, in milliseconds. */
const LONGEST = `globalThis.longest = async (work) => {
  let [most, last, on] = [0, performance.now(), true];
  const frame = (now) => { most = Math.max(most, now - last); last = now; if (on) requestAnimationFrame(frame); };
  await new Promise((done) => requestAnimationFrame((now) => { last = now; done(); }));
  requestAnimationFrame(frame);
  await work();
  await new Promise((done) => setTimeout(done, 300));
  on = false;
  return most;
}`;

async function burst20000(browser) {
  const webview = await openWebview(browser);
  const started = turn("u1", [user("i1", "Go"), agent("i2", "", { status: "inProgress" })], { status: "inProgress" });
  await webview.tell(
    { type: "page", page: page({ activeTurnId: "u1" }) },
    { type: "thread", thread: thread([started]) },
  );
  await webview.page.locator("outrigger-item").nth(1).waitFor({ state: "attached" });
  await webview.page.evaluate(LONGEST);
  // As the extension sends them: gathered for 16 ms, here of a second's stream of 20,000.
  const most = await webview.page.evaluate(() =>
    globalThis.longest(async () => {
      for (let sent = 0; sent < 20_000;) {
        const changes = [];
        for (let at = 0; at < 320 && sent < 20_000; at += 1, sent += 1) {
          const append = sent % 40 === 39 ? `tok${sent}.\n\n` : `tok${sent} `;
          changes.push({ op: "text", turnId: "u1", itemId: "i2", field: "text", append });
        }
        window.dispatchEvent(new MessageEvent("message", { data: { type: "changes", changes } }));
        await new Promise((done) => setTimeout(done, 16));
      }
    }),
  );
  await webview.close();
  return most;
}

async function scroll10000(browser) {
  const webview = await openWebview(browser);
  await webview.tell({ type: "page", page: page() }, { type: "thread", thread: items10000() });
  await webview.page.locator("outrigger-item", { hasText: "Answer 999.8" }).waitFor();
  await webview.page.evaluate(LONGEST);
  const most = await webview.page.evaluate(() =>
    globalThis.longest(async () => {
      const view = document.querySelector("outrigger-view").shadowRoot.querySelector("outrigger-transcript");
      const scroller = view.shadowRoot.querySelector("main");
      for (let left = 120; left > 0; left -= 1) {
        scroller.scrollTop = (scroller.scrollHeight * (left - 1)) / 120;
        await new Promise((done) => requestAnimationFrame(done));
      }
    }),
  );
  await webview.close();
  return most;
}

async function bundles() {
  const dist = path.join(extensionDir, "dist");
  const size = async (file) => (await stat(path.join(dist, file))).size / 1_000;
  const [host, apart] = [await size("extension.cjs"), await size("automations.cjs")];
  const parts = (await readdir(path.join(dist, "webview"))).filter((name) => name.endsWith(".js"));
  // What the view's script names at its head is loaded with it.
  const head = await readFile(path.join(dist, "webview/main.js"), "utf8");
  const first = parts.filter(
    (name) => name === "main.js" || head.includes(`from"./${name}"`) || head.includes(`import"./${name}"`),
  );
  const sum = async (names) =>
    (await Promise.all(names.map((name) => size(`webview/${name}`)))).reduce((a, b) => a + b, 0);
  const [main, later] = [await sum(first), await sum(parts.filter((name) => !first.includes(name)))];
  const told = (value, limit) => (value <= limit ? "met" : "**missed**");
  return [
    `| bundle of the extension host, minified | ≤ 250 kB | ${host.toFixed(0)} kB | loaded with the first list of automations: ${apart.toFixed(0)} kB | ${told(host, 250)} |`,
    `| bundle of the webview, minified | ≤ 250 kB | ${main.toFixed(0)} kB | loaded with the first code or form: ${later.toFixed(0)} kB | ${told(main, 250)} |`,
  ];
}
