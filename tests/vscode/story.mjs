// What a story has in its hands: the page, the repository it plays on, and words for what a person does in VS Code.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Outrigger } from "./outrigger.mjs";
import { Terminals } from "./terminals.mjs";
import { run } from "../tools/run.mjs";
import { cleanEnvironment } from "../tools/vscode-host.mjs";
import { endProcess } from "./stage.mjs";

const SHOWN_MS = 30_000;
/** A window brings up its extension host and its webview first. */
const OPEN_MS = 60_000;

export class Story {
  /** The Playwright page. */
  page;
  /** The folder of the git repository that the window shows. */
  repository;
  /** What Outrigger shows in the page. */
  outrigger;
  /** VS Code's panel of terminals. */
  terminals;
  #name;
  #set;
  #url;
  /** The other windows that the story opened. */
  #others = [];
  #resultsDir;
  #shots = 0;
  #trace = [];

  constructor({ name, page, resultsDir, url, ...set }) {
    Object.assign(this, set);
    this.#set = { ...set, url, resultsDir };
    this.page = page;
    this.outrigger = new Outrigger(page);
    this.terminals = new Terminals(page);
    this.#name = name;
    this.#url = url;
    this.#resultsDir = resultsDir;
    page.on("console", (message) => this.#trace.push(`console.${message.type()} ${message.text()}`));
    page.on("pageerror", (error) => this.#trace.push(`pageerror ${error.stack}`));
    page.on("requestfailed", (request) =>
      this.#trace.push(`requestfailed ${request.url()} ${request.failure()?.errorText}`),
    );
  }

  /** Opens the window and waits until the repository's files are shown. */
  async openWindow() {
    await this.page.goto(this.#url);
    await this.page
      .locator(".explorer-folders-view .monaco-list-row", { hasText: "README.md" })
      .waitFor({ timeout: OPEN_MS });
  }

  /** Reloads the window, whose side bar shows the view, and waits until the view is there again. */
  async reload() {
    await this.page.reload();
    await this.outrigger.transcript.waitFor({ timeout: OPEN_MS });
  }

  /** Reloads the window as a person does: what VS Code remembers of it is written first, as it is on a desktop. */
  async reloadByCommand() {
    const loaded = this.page.waitForEvent("load", { timeout: OPEN_MS });
    await this.command("Developer: Reload Window");
    await loaded;
    await this.outrigger.transcript.waitFor({ timeout: OPEN_MS });
  }

  /** Another window on the same folder, of a person who has not been here before: it remembers nothing. */
  async anotherWindow() {
    const page = await this.#set.newPage();
    const another = new Story({ ...this.#set, name: `${this.#name}-other`, page });
    this.#others.push(another);
    await another.openWindow();
    return another;
  }

  /** Closes this window for good, with what VS Code runs for it, as the desktop does; every other one loses that too. */
  async closeWindow() {
    await this.page.close();
    const hosts = await this.running("--type=extensionHost");
    for (const { pid } of hosts) endProcess(pid);
    await this.eventually("its extension host is gone", async () => {
      const left = new Set((await this.running("--type=extensionHost")).map(({ pid }) => pid));
      return hosts.every(({ pid }) => !left.has(pid));
    });
  }

  /** Closes the pages of all windows. */
  async closePages() {
    for (const window of [this, ...this.#others]) await window.page.close();
  }

  /** One thing that happens; its name is printed and stands in the trace. `shot` keeps a screenshot under that name. */
  async step(name, work, { shot } = {}) {
    this.#trace.push(`step ${name}`);
    const began = Date.now();
    try {
      const value = await work();
      console.log(`    · ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
      return value;
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    } finally {
      if (shot) await this.shot(shot);
    }
  }

  /** Keeps a screenshot as results/<story>-<nn>-<label>.png. */
  async shot(label) {
    this.#shots += 1;
    const file = `${this.#name}-${String(this.#shots).padStart(2, "0")}-${label}.png`;
    await this.page.screenshot({ path: path.join(this.#resultsDir, file) });
  }

  /**
   * Runs a command by its title in the command palette. The palette lists what was possible when it was opened, which
   * may be a moment before the extension has heard where the cursor is.
   */
  async command(title) {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    for (const until = Date.now() + SHOWN_MS; ;) {
      await this.page.keyboard.press("F1");
      await this.page.locator(".quick-input-widget input").fill(`>${title}`);
      const listed = await row.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      );
      if (listed) break;
      if (Date.now() > until) throw new Error(`the palette does not offer "${title}"`);
      await this.page.keyboard.press("Escape");
    }
    await this.page.keyboard.press("Enter");
  }

  /** Opens a file of the repository, by its path there, in an editor. */
  async openFile(file) {
    await this.page.keyboard.press("Control+P");
    await this.page.locator(".quick-input-widget input").fill(file);
    await this.page
      .locator(".quick-input-list .monaco-list-row", { hasText: path.basename(file) })
      .first()
      .waitFor({ timeout: SHOWN_MS });
    await this.page.keyboard.press("Enter");
    await this.page.locator(".tab.active", { hasText: path.basename(file) }).waitFor({ timeout: SHOWN_MS });
  }

  /** Selects a line of the active editor by what it holds. */
  async selectLine(text) {
    await this.page.locator(".editor-group-container.active .view-line", { hasText: text }).first().click();
    await this.page.keyboard.press("Home");
    await this.page.keyboard.press("Shift+End");
  }

  /** Waits until `look` resolves with something that is not falsy, and resolves with that. */
  async eventually(what, look) {
    for (const until = Date.now() + SHOWN_MS; Date.now() < until; await delay(50)) {
      const seen = await look();
      if (seen) return seen;
    }
    throw new Error(`${what}: not within ${SHOWN_MS / 1000} s`);
  }

  /** Waits until a file of the repository, which may not be there yet, holds a text on disk. */
  async written(file, text) {
    const holds = () => this.onDisk(file).then((content) => content.includes(text), isMissing);
    await this.eventually(`${file} holds ${JSON.stringify(text)}`, holds);
  }

  /** The processes of the window whose command line holds `part`. */
  async running(part) {
    return (await this.processes()).filter(({ command }) => command.includes(part));
  }

  /** What a file of the repository holds on disk now. */
  async onDisk(file) {
    return readFile(path.join(this.repository, file), "utf8");
  }

  /** What git says of the repository. */
  git(...args) {
    return run("git", ["-C", this.repository, ...args], { env: cleanEnvironment() });
  }

  /** Keeps what helps to understand a failure: the page as it is, its console, the processes. */
  async keepEvidence() {
    for (const other of this.#others) await other.keepEvidence();
    await this.shot("failed").catch((error) => this.#trace.push(`no screenshot: ${error.message}`));
    const processes = (await this.processes()).map(({ pid, command }) => `${pid} ${command}`);
    const text = [...this.#trace, "", "processes", ...processes].join("\n");
    await writeFile(path.join(this.#resultsDir, `${this.#name}.trace.txt`), `${text}\n`);
  }
}

/** Takes "it is not there" for an answer, and nothing else. */
function isMissing(error) {
  if (error.code !== "ENOENT") throw error;
  return false;
}
