// The real app-server as another program would run it, beside the one of the window.
import { createInterface } from "node:readline";
import { pinnedCodex } from "../tools/codex.mjs";
import { ProcessTree } from "../tools/process-tree.mjs";
import { cleanEnvironment } from "../tools/vscode-host.mjs";

export class AppServer {
  #tree;
  #ids = 0;
  #pending = new Map();
  #ended = new Set();
  #onEnded = () => {};

  /** Starts one on the CODEX_HOME of a story, in its repository. */
  static async start({ codexHome, repository }) {
    const server = new AppServer();
    server.#tree = new ProcessTree(await pinnedCodex(), ["app-server"], {
      cwd: repository,
      env: { ...cleanEnvironment(), CODEX_HOME: codexHome },
      stdio: ["pipe", "pipe", "ignore"],
    });
    createInterface({ input: server.#tree.child.stdout }).on("line", (line) => server.#take(JSON.parse(line)));
    const capabilities = { experimentalApi: true };
    await server.request("initialize", { clientInfo: { name: "another", title: null, version: "1" }, capabilities });
    server.#write({ method: "initialized" });
    return server;
  }

  request(method, params) {
    const id = ++this.#ids;
    this.#write({ id, method, params });
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  /** Runs a turn to its end. */
  async turn(threadId, text) {
    const { turn } = await this.request("turn/start", { threadId, input: [{ type: "text", text, text_elements: [] }] });
    await new Promise((resolve) => {
      this.#onEnded = () => this.#ended.has(turn.id) && resolve();
      this.#onEnded();
    });
  }

  stop() {
    return this.#tree.stop();
  }

  #write(message) {
    this.#tree.child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #take({ id, method, params, result, error }) {
    if (method === "turn/completed") {
      this.#ended.add(params.turn.id);
      this.#onEnded();
    }
    if (method !== undefined) return;
    const { resolve, reject } = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }
}
