// A workspace with a scripted model and a daemon of its own, and ACP clients of it, made of the protocol's own SDK.
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import * as acp from "@agentclientprotocol/sdk";
import { pinnedCodex } from "../tools/codex.mjs";
import { cargoBinary } from "../tools/paths.mjs";
import { startScriptedModel } from "../tools/scripted-model.mjs";

const exec = promisify(execFile);

/** A git repository with these files committed, and all that outrigger needs beside it. */
export async function makeWorkspace(files) {
  const outrigger = process.env.OUTRIGGER_BINARY ?? cargoBinary("outrigger", "dev");
  const scriptedModel = process.env.OUTRIGGER_SCRIPTED_MODEL ?? cargoBinary("scripted-model", "dev");
  const root = await realpath(await mkdtemp(path.join(os.tmpdir(), "outrigger-acp-")));
  const folder = path.join(root, "repo");
  for (const name of ["repo", "home", "tmp"]) await mkdir(path.join(root, name));
  const codex = process.env.OUTRIGGER_CODEX ?? (await pinnedCodex());
  const env = {
    ...process.env,
    HOME: path.join(root, "home"),
    CODEX_HOME: path.join(root, "codex"),
    OUTRIGGER_HOME: path.join(root, "outrigger"),
    TMPDIR: path.join(root, "tmp"),
    GIT_CONFIG_GLOBAL: "/dev/null",
    // As below a shell, so that the person's own is not asked for what it sets.
    SHLVL: "1",
    PATH: [path.dirname(codex), process.env.PATH].join(path.delimiter),
  };
  delete env.OPENAI_API_KEY;
  delete env.CODEX_API_KEY;
  const model = await startScriptedModel({ binary: scriptedModel, codexHome: env.CODEX_HOME, env });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  const git = (...args) =>
    exec("git", ["-c", "user.name=Tester", "-c", "user.email=tester@example.com", ...args], { cwd: folder, env });
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--allow-empty", "--message=Begin");
  const children = [];
  return {
    folder,
    env,
    outrigger,
    git: async (...args) => (await git(...args)).stdout,
    read: (name) => readFile(path.join(folder, name), "utf8"),
    client: (options) => startClient({ outrigger, folder, env, children }, options),
    async end() {
      // After a failure some are still there.
      for (const child of children) child.kill();
      await exec(outrigger, ["daemon", "stop"], { env });
      await model.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Starts `outrigger acp`, and a client that has introduced itself to it. */
async function startClient(
  { outrigger, folder, env, children },
  { name = "Test Client", capabilities = {}, args = [] } = {},
) {
  const child = spawn(outrigger, ["acp", ...args], { cwd: folder, env, stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  const updates = new Watched();
  const asks = new Watched();
  const answered = (method) => (context) =>
    new Promise((resolve, reject) => {
      context.signal.addEventListener("abort", () => {
        ask.withdrawn = true;
        asks.wake();
      });
      const ask = { method, params: context.params, answer: resolve, fail: reject, withdrawn: false };
      asks.add(ask);
    });
  const app = acp
    .client({ name })
    .onNotification(acp.methods.client.session.update, ({ params }) => updates.add(params))
    .onRequest(acp.methods.client.session.requestPermission, answered("session/request_permission"))
    .onRequest(acp.methods.client.elicitation.create, answered("elicitation/create"));
  const connection = app.connect(acp.ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout)));
  const agent = connection.agent;
  const introduction = await agent.request("initialize", {
    protocolVersion: acp.PROTOCOL_VERSION,
    clientCapabilities: capabilities,
    clientInfo: { name: "test-client", title: name, version: "1.0.0" },
  });
  return {
    introduction,
    agent,
    updates,
    request: (method, params) => agent.request(method, params),
    newSession: () => agent.request("session/new", { cwd: folder, mcpServers: [] }),
    prompt: (sessionId, text) => agent.request("session/prompt", { sessionId, prompt: [{ type: "text", text }] }),
    /** The next question that was not looked at. */
    ask: () => asks.next(),
    /** Waits until a question was taken back. */
    withdrawal: (ask) => asks.until(() => ask.withdrawn),
    /** Leaves as clients do: by closing the pipe. Resolves with the exit code. */
    async leave() {
      child.stdin.end();
      return exited;
    },
  };
}

/** Things that come in, in order, for one who waits for them. */
class Watched {
  /** Whether looked at or not. */
  all = [];
  #seen = 0;
  #waiting = [];

  add(thing) {
    this.all.push(thing);
    this.wake();
  }

  wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves once `done` says so. The runner ends a test that waits in vain. */
  async until(done) {
    for (;;) {
      const value = done();
      if (value) return value;
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
  }

  async next() {
    await this.until(() => this.all.length > this.#seen);
    return this.all[this.#seen++];
  }

  /** All that came since the last time this was asked. */
  take() {
    const fresh = this.all.slice(this.#seen);
    this.#seen = this.all.length;
    return fresh;
  }
}

/** What updates say, told shortly: text that follows text of the same kind is one. */
export function told(notifications) {
  const lines = [];
  for (const { update } of notifications) {
    const kind = update.sessionUpdate;
    if (kind.endsWith("_chunk")) {
      const last = lines.at(-1);
      const text = update.content.text ?? `(${update.content.type})`;
      if (last?.[0] === kind && last[2] === update.messageId) last[1] += text;
      else lines.push([kind, text, update.messageId]);
    } else {
      lines.push([kind, update]);
    }
  }
  return lines.map(([kind, what]) => [kind, what]);
}
