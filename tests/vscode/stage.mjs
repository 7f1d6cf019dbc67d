// What all stories share, and how it is made fresh for each: one VS Code server; per story a repository, a codex home,
// Outrigger's own state and a scripted model. Nothing of a story's windows, nor its daemon, may live on in the next.
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pinnedCodex } from "../tools/codex.mjs";
import { cargoBinary, root } from "../tools/paths.mjs";
import { run } from "../tools/run.mjs";
import { makeSampleRepository } from "../tools/sample-repo.mjs";
import { startScriptedModel } from "../tools/scripted-model.mjs";
import { cleanEnvironment, startVscode } from "../tools/vscode-host.mjs";

const STRIKE_MS = 10_000;
const scriptsDir = path.join(root, "tests/vscode/scripts");

export class Stage {
  #dir;
  #codexHome;
  /** Where the daemon has its state: of the story alone. */
  #outriggerHome;
  #vscode;
  #model;
  #settings;
  /** Cargo's, of the programs that are used. */
  #profile;

  /** Brings up a VS Code (`host` or `floor`) with the extension in a folder of its own under the temporary directory. */
  static async open(vsix, { which = "host", profile = "dev" } = {}) {
    const stage = new Stage();
    stage.#profile = profile;
    stage.#dir = await mkdtemp(path.join(os.tmpdir(), "outrigger-stories-"));
    stage.#codexHome = path.join(stage.#dir, "codex-home");
    stage.#outriggerHome = path.join(stage.#dir, "state");
    stage.#settings = {
      // Trust is a setting here, so that a story can ask for it.
      "security.workspace.trust.enabled": false,
      "outrigger.codex.path": await pinnedCodex(),
      "outrigger.thread.approvalPolicy": "untrusted",
      // A browser's VS Code saves by itself, after a while; a story says when a file is saved.
      "files.autoSave": "off",
      // The model's and the sidecar's ports are nothing to forward.
      "remote.autoForwardPorts": false,
      "window.autoDetectColorScheme": true,
    };
    stage.#vscode = await startVscode({
      folder: stage.#dir,
      vsix,
      userDataDir: path.join(stage.#dir, "vscode"),
      extensionsDir: path.join(stage.#dir, "extensions"),
      home: path.join(stage.#dir, "home"),
      env: { ...stage.#homes(), TMPDIR: os.tmpdir() },
      workspaceTrust: true,
      which,
    });
    return stage;
  }

  /**
   * Makes the next story's repository, codex home and model, and lays its settings over the usual ones. `marked`: Codex
   * trusts the repository already, so that nobody is told that it does from now on.
   */
  async set(name, settings, marked) {
    for (const home of [this.#codexHome, this.#outriggerHome]) await rm(home, { recursive: true, force: true });
    this.#model = await startScriptedModel({
      binary: cargoBinary("scripted-model", this.#profile),
      codexHome: this.#codexHome,
      args: ["--story", "--scripts", scriptsDir],
      env: cleanEnvironment(),
    });
    const configure = (more) => this.#vscode.configure({ ...this.#settings, ...settings, ...more });
    await configure({});
    const repository = await makeSampleRepository(path.join(this.#dir, name, "corner-shop"));
    if (marked) {
      const trusted = `\n[projects.${JSON.stringify(repository)}]\ntrust_level = "trusted"\n`;
      await appendFile(path.join(this.#codexHome, "config.toml"), trusted);
    }
    return {
      repository,
      url: this.#vscode.urlOf(repository),
      codexHome: this.#codexHome,
      configure,
      sidecar: (...args) => this.#sidecar(...args),
      processes: () => this.#vscode.processes(),
      logsDir: path.join(this.#dir, "vscode/logs"),
    };
  }

  /**
   * Ends the story's windows after their pages are closed: their extension hosts are killed as a crash would, and the
   * daemon is told to stop. Everything they started must then end by itself. Resolves with an Error naming what did not.
   */
  async strike() {
    const hosts = (await this.#vscode.processes()).filter(({ command }) => command.includes("--type=extensionHost"));
    for (const { pid } of hosts) endProcess(pid);
    await this.#sidecar("daemon", "stop").catch((error) => console.log(`    ${error.message}: ${error.output}`));
    let left = [];
    for (const until = Date.now() + STRIKE_MS; Date.now() < until; await delay(100)) {
      left = await this.#ours();
      if (left.length === 0) break;
    }
    for (const { pid } of left) endProcess(pid);
    await this.#model.stop();
    if (left.length === 0) return undefined;
    return new Error(
      `still running after the window closed: ${left.map(({ pid, command }) => `${pid} ${command}`).join("; ")}`,
    );
  }

  async close() {
    await this.#model?.stop();
    await this.#vscode.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #ours() {
    const ours = [
      /[\\/]server[\\/]outrigger(\.exe)?(\s|$)/,
      /\boutrigger\S* daemon run\b/,
      /\bcodex(\.exe)? app-server\b/,
    ];
    const all = await this.#vscode.processes();
    return all.filter(({ command }) => ours.some((name) => name.test(command)));
  }

  /** Runs a command of the story's Outrigger, as a person in a terminal would; resolves with what it prints. */
  #sidecar(...args) {
    return run(cargoBinary("outrigger", this.#profile), args, { env: { ...cleanEnvironment(), ...this.#homes() } });
  }

  #homes() {
    return { CODEX_HOME: this.#codexHome, OUTRIGGER_HOME: this.#outriggerHome };
  }
}

/** Kills a process, if it still is. */
export function endProcess(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
