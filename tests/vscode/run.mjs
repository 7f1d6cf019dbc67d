// Runs the stories: the extension in a real VS Code in a real Chromium, the real codex behind it.
// usage: node tests/vscode/run.mjs [--floor] [part of a story's file name] ...
// --floor: in the oldest VS Code that the extension says it runs in, the stories that are told there too
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { requireChromium } from "../tools/chromium.mjs";
import { beforeExit, main } from "../tools/lifetime.mjs";
import { root } from "../tools/paths.mjs";
import { Steps } from "../tools/steps.mjs";
import { packageExtension } from "../tools/vsix.mjs";
import { installFloor, installVscode } from "../tools/vscode-install.mjs";
import { Stage } from "./stage.mjs";
import { Story } from "./story.mjs";

const STORY_MS = 180_000;
const storiesDir = path.join(root, "tests/vscode/stories");
/** Every theme, and the stories of what is rare. */
const everything = process.env.OUTRIGGER_TEST_ALL === "1";
const inFloor = process.argv.includes("--floor");
const resultsDir = path.join(root, "tests/vscode/results", inFloor ? "floor" : "");

await main(async () => {
  const named = process.argv.slice(2).filter((word) => !word.startsWith("--"));
  const files = await chosenStories(named);
  const { executablePath, stage } = await prepare();
  const browser = await chromium.launch({
    executablePath,
    // Chromium's sandbox does not work for root, which CI often is; its pages are our own.
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  beforeExit("Chromium", () => browser.close());

  const results = [];
  for (const file of files) {
    const { default: tell, ...about } = await import(pathToFileURL(path.join(storiesDir, file)));
    if (inFloor && !about.floor && named.length === 0) continue;
    if (about.rare && !everything && named.length === 0) continue;
    for (const theme of themesOf(about)) {
      const name = path.basename(file, ".mjs") + (theme === "light" ? "" : `-${theme}`);
      results.push(await play({ title: name, ...about, name, theme, tell }, stage, browser));
    }
  }
  const passed = results.filter(Boolean).length;
  console.log(`stories: ${passed} passed, ${results.length - passed} failed`);
  return passed === results.length ? 0 : 1;
});

async function chosenStories(parts) {
  const all = (await readdir(storiesDir)).filter((name) => name.endsWith(".mjs")).sort();
  return parts.length === 0 ? all : all.filter((name) => parts.some((part) => name.includes(part)));
}

/** What a story looks like matters in both themes for some of them; one is enough for every run. */
function themesOf({ themes = ["light"] }) {
  return everything && !inFloor ? themes : themes.slice(0, 1);
}

async function prepare() {
  await rm(resultsDir, { recursive: true, force: true });
  await mkdir(resultsDir, { recursive: true });
  const steps = new Steps();
  await steps.step("cargo build", ({ exec }) => exec("cargo", ["build", "--workspace", "--all-targets", "--quiet"]));
  await installVscode(steps);
  if (inFloor) await installFloor(steps);
  const executablePath = await requireChromium(steps);
  const vsix = await packageExtension(steps, "dev");
  const stage = await steps.step("VS Code", () => Stage.open(vsix, { which: inFloor ? "floor" : "host" }));
  beforeExit("VS Code", () => stage.close());
  return { executablePath, stage };
}

/** Plays one story on a fresh repository, fresh homes and a fresh page; resolves with whether it passed. */
async function play({ name, title, theme, settings = {}, marked = true, tell }, stage, browser) {
  console.log(`\n${title}`);
  const began = Date.now();
  const set = await stage.set(name, settings, marked);
  const newPage = () => browser.newPage({ viewport: { width: 1400, height: 900 }, colorScheme: theme });
  const story = new Story({ name, page: await newPage(), newPage, resultsDir, ...set });
  let failure;
  try {
    await within(STORY_MS, tell(story));
  } catch (error) {
    failure = error;
    await story.keepEvidence();
  }
  await story.closePages();
  const left = await stage.strike();
  failure ??= left;
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(failure ? `  ✗ ${title} (${seconds} s)` : `  ✓ ${title} (${seconds} s)`);
  if (failure) {
    console.log(`    ${(failure.stack ?? String(failure)).replaceAll("\n", "\n    ")}`);
    await writeFile(path.join(resultsDir, `${name}.failure.txt`), `${failure.stack}\n`);
  }
  return !failure;
}

async function within(ms, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the story took longer than ${ms / 1000} s`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
