// Measures the extension in a real VS Code: how long its activation takes, and what a burst of deltas costs its host and
// the page. It prints rows of the table in docs/benchmarks.md.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chromium } from "playwright-core";
import { Stage } from "./stage.mjs";
import { Story } from "./story.mjs";

const RUNS = 5;
const DELTAS = 20_000;
const LONG_MS = 120_000;

/** Measures with a packaged extension and the programs of a profile; resolves with rows of a Markdown table. */
export async function measureHost(vsix, executablePath, profile) {
  const resultsDir = await mkdtemp(path.join(os.tmpdir(), "outrigger-bench-"));
  const stage = await Stage.open(vsix, { profile });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  try {
    const newPage = () => browser.newPage({ viewport: { width: 1400, height: 900 } });
    const story = new Story({
      name: "bench",
      page: await newPage(),
      newPage,
      resultsDir,
      ...(await stage.set("bench", {}, true)),
    });
    const activations = [];
    for (let at = 0; at < RUNS; at += 1) activations.push(await activation(story));
    await story.page.keyboard.press("Escape");
    const { memory, frame, seconds } = await burst(story);
    await story.closePages();
    const left = await stage.strike();
    if (left) throw left;
    activations.sort((a, b) => a - b);
    const median = activations[Math.floor(RUNS / 2)];
    return [
      `| activation of the extension, as VS Code tells it | ≤ 150 ms | ${median} ms (${activations[0]}–${activations.at(-1)}) |  | ${verdict(median, 150)} |`,
      `| memory of the extension host (\`RssAnon\`) beyond its start in a turn of 20,000 deltas | ≤ 150 MB | ${memory.toFixed(0)} MB |  | ${verdict(memory, 150)} |`,
      `| longest frame of the view in VS Code meanwhile | ≤ 100 ms | ${frame.toFixed(0)} ms | the turn took ${seconds.toFixed(1)} s | ${verdict(frame, 100)} |`,
    ];
  } finally {
    await browser.close();
    await stage.close();
    await rm(resultsDir, { recursive: true, force: true });
  }
}

const verdict = (value, limit) => (value <= limit ? "met" : "**missed**");

/** Opens the window anew; resolves with what VS Code says of the extension's activation, in milliseconds. */
async function activation(story) {
  await story.openWindow();
  await story.outrigger.open();
  await story.command("Developer: Show Running Extensions");
  const row = story.page.locator(".runtime-extensions-editor .monaco-list-row", { hasText: "Outrigger" }).first();
  await row.waitFor({ timeout: LONG_MS });
  const told = /Activation: (\d+)\s*ms/.exec(await row.textContent());
  if (!told) throw new Error(`VS Code says nothing of the activation: ${await row.textContent()}`);
  return Number(told[1]);
}

/** A turn as fast as the model sends: the most memory of the host beyond what it had, in MB, and the longest frame, in ms. */
async function burst(story) {
  const { outrigger, page } = story;
  const [host] = await story.running("--type=extensionHost");
  const view = await viewFrame(page);
  await view.evaluate(() => {
    let last = performance.now();
    globalThis.longestFrame = 0;
    const frame = (now) => {
      globalThis.longestFrame = Math.max(globalThis.longestFrame, now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const before = await memoryOf(host.pid);
  let [most, ended] = [before, false];
  const watch = async () => {
    for (; !ended; await delay(50)) most = Math.max(most, await memoryOf(host.pid));
  };
  const turn = async () => {
    await outrigger.send(`Much [[long:${DELTAS}]]`);
    // The view says so once the turn is over: a text of this length is shown in part.
    await outrigger.button("Show all of it").waitFor({ timeout: LONG_MS });
  };
  const began = Date.now();
  await Promise.all([watch(), turn().finally(() => (ended = true))]);
  const seconds = (Date.now() - began) / 1_000;
  const frame = await view.evaluate(() => globalThis.longestFrame);
  return { memory: (most - before) / 1e6, frame, seconds };
}

async function viewFrame(page) {
  for (const frame of page.frames()) if ((await frame.locator("outrigger-view").count()) > 0) return frame;
  throw new Error("the view is not there");
}

/** Memory of a process that is its own, in bytes. */
async function memoryOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/RssAnon:\s+(\d+) kB/.exec(status)[1]) * 1_024;
}
