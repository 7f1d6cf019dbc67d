// Three ACP agents for Codex side by side on the scripted model: what they take, and what they can do. Each takes its turn
// in the same run, beside the app-server itself.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { makeWorkspace } from "./agent.mjs";

const DELTAS = 20_000;
/** How often a start is timed: it is short, and what else the machine does shows in it. */
const STARTS = 40;
/** The least that answers: what remains of it is the machine's and Node's. */
const SHELL = ["/bin/sh", "-c", `read _; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; read _`];
/** A method that is not answered in this time is not counted as there. */
const PATIENCE_MS = 20_000;

const METHODS = [
  "authenticate",
  "logout",
  "session/new",
  "session/load",
  "session/resume",
  "session/list",
  "session/close",
  "session/delete",
  "session/fork",
  "session/prompt",
  "session/set_mode",
  "session/set_config_option",
];
const UPDATES = [
  "user_message_chunk",
  "agent_message_chunk",
  "agent_thought_chunk",
  "tool_call",
  "tool_call_update",
  "plan",
  "usage_update",
  "available_commands_update",
  "config_option_update",
  "current_mode_update",
  "session_info_update",
];
/** What is not a method or an update of its own. */
const MORE = [
  "a decline after which the turn goes on",
  "the change itself, as whole texts, on the question before it is written",
];

/** Markdown: the figures and the table of what each agent has. `peers` are `{ name, command }` or `{ name, absent }`. */
export async function measureAcp({ outrigger, peers, runs }) {
  process.env.OUTRIGGER_BINARY = outrigger;
  const workspace = await makeWorkspace({ "notes.txt": "one\ntwo\nthree\n" });
  const ours = { name: "Outrigger", command: [outrigger, "acp"] };
  const agents = [ours, ...peers.filter(({ command }) => command)].map((agent) => ({ ...agent, times: newTimes() }));
  const shell = { command: SHELL, times: newTimes() };
  const codex = { name: "app-server", command: [process.env.OUTRIGGER_CODEX, "app-server"], times: newTimes() };
  try {
    // With the daemon up, as when an editor is open.
    const other = await introduced(ours, workspace);
    await other.client.call("session/new", { cwd: workspace.folder, mcpServers: [] });
    for (let start = 0; start < STARTS; start += 1) {
      for (const one of [agents[0], shell]) {
        const { client, took } = await introduced(one, workspace);
        one.times.initialize.push(took);
        await client.end();
      }
    }
    for (let run = 0; run < runs; run += 1) {
      await appServer(codex, workspace);
      for (const agent of agents) await session(agent, workspace);
    }
    for (const agent of agents) await abilities(agent, workspace);
    await other.client.end();
  } finally {
    await workspace.end();
  }
  return [...figures(agents, codex, shell), "", ...table(agents, peers)];
}

function newTimes() {
  return { initialize: [], thread: [], deltas: [], memory: [] };
}

async function introduced(agent, workspace) {
  const begun = performance.now();
  const client = new Client(agent.command, workspace);
  const capabilities = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };
  const answer = await client.call("initialize", { protocolVersion: 1, clientCapabilities: capabilities });
  return { client, answer, took: performance.now() - begun };
}

/** One session of an agent: its start, its thread, and a flood. */
async function session(agent, workspace) {
  const { client, took } = await introduced(agent, workspace);
  agent.times.initialize.push(took);
  const begun = performance.now();
  const { sessionId } = await client.call("session/new", { cwd: workspace.folder, mcpServers: [] });
  agent.times.thread.push(performance.now() - begun);
  let deltas = 0;
  let text = 0;
  client.onNote = (_, { update }) => {
    if (update?.sessionUpdate !== "agent_message_chunk") return;
    deltas += 1;
    text += update.content.text.length;
  };
  const prompted = performance.now();
  await client.call("session/prompt", { sessionId, prompt: [{ type: "text", text: `[[long:${DELTAS}]]` }] });
  agent.times.deltas.push(performance.now() - prompted);
  agent.chunks = deltas;
  agent.text = text;
  agent.times.memory.push(await memoryOf(client.child.pid));
  await client.end();
}

/** The same of the app-server, read straight. */
async function appServer(codex, workspace) {
  const client = new Client(codex.command, workspace, false);
  const begun = performance.now();
  await client.call("initialize", { clientInfo: { name: "bench", version: "1" } });
  codex.times.initialize.push(performance.now() - begun);
  client.note("initialized", {});
  const started = performance.now();
  const { thread } = await client.call("thread/start", { cwd: workspace.folder });
  codex.times.thread.push(performance.now() - started);
  let text = 0;
  const done = new Promise((resolve) => {
    client.onNote = (method, params) => {
      if (method === "item/agentMessage/delta") text += params.delta.length;
      if (method === "turn/completed") resolve();
    };
  });
  const prompted = performance.now();
  const input = [{ type: "text", text: `[[long:${DELTAS}]]`, text_elements: [] }];
  await client.call("turn/start", { threadId: thread.id, input });
  await done;
  codex.times.deltas.push(performance.now() - prompted);
  codex.text = text;
  await client.end();
}

/** Goes through what an agent can do, and notes what it did. */
async function abilities(agent, workspace) {
  const seen = new Set();
  const { client } = await introduced(agent, workspace);
  client.onNote = (_, params) => seen.add(params?.update?.sessionUpdate);
  const { sessionId, configOptions } = await client.call("session/new", { cwd: workspace.folder, mcpServers: [] });
  const prompt = (text) => client.tries("session/prompt", { sessionId, prompt: [{ type: "text", text }] });
  // Outrigger's sessions ask at once when told so; the others by the mode that their own options name.
  const policy = configOptions?.find(({ id }) => id === "approval_policy");
  if (policy) await client.tries("session/set_config_option", { sessionId, configId: policy.id, value: "untrusted" });
  else await client.tries("session/set_mode", { sessionId, modeId: "read-only" });
  client.onAsk = (method, { options, toolCall }) => {
    if (method !== "session/request_permission") return undefined;
    const diff = toolCall?.content?.some((one) => one.type === "diff" && one.oldText !== undefined);
    if (diff) seen.add(MORE[1]);
    const no = options.find(({ kind, optionId }) => kind === "reject_once" && !/cancel|abort/.test(optionId));
    if (no) seen.add(MORE[0]);
    return { outcome: { outcome: "selected", optionId: (no ?? options[0]).optionId } };
  };
  for (const text of ["[[words:one two]]", "[[reason]]", "[[plan]]", "[[exec:touch made]]"]) await prompt(text);
  await prompt("[[patch:*** Begin Patch\n*** Update File: notes.txt\n@@\n one\n-two\n+zwei\n three\n*** End Patch]]");
  const later = (await introduced(agent, workspace)).client;
  later.onNote = client.onNote;
  await later.tries("session/load", { sessionId, cwd: workspace.folder, mcpServers: [] });
  await later.end();
  await client.tries("session/set_title", { sessionId, title: "Mine" });
  await client.tries("session/set_mode", { sessionId, modeId: "read-only" });
  for (const method of METHODS) {
    const params = { sessionId: "none", cwd: workspace.folder, mcpServers: [], methodId: "none", prompt: [] };
    if (method === "logout" || method === "session/new" || method === "session/prompt") {
      // Tried above, or nothing to be tried: what it says of itself counts.
      if (method !== "logout") seen.add(method);
      continue;
    }
    const error = await client.tries(method, params);
    if (error !== "unknown") seen.add(method);
  }
  if ((await client.tries("logout", {})) !== "unknown") seen.add("logout");
  await client.end();
  agent.seen = seen;
}

/** JSON-RPC in lines over a program's stdio. */
class Client {
  onNote = () => {};
  onAsk = () => undefined;
  #waiting = new Map();
  #last = 0;

  constructor([command, ...args], { folder, env }, versioned = true) {
    this.versioned = versioned;
    this.child = spawn(command, args, { cwd: folder, env, stdio: ["pipe", "pipe", "ignore"], detached: true });
    this.exited = new Promise((resolve) => this.child.once("exit", resolve));
    let rest = "";
    this.child.stdout.setEncoding("utf8").on("data", (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) this.#read(JSON.parse(line));
    });
  }

  #read(message) {
    if (message.method === undefined) {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      return waiting?.(message);
    }
    if (message.id === undefined) return this.onNote(message.method, message.params);
    const result = this.onAsk(message.method, message.params);
    if (result) this.#write({ id: message.id, result });
    else this.#write({ id: message.id, error: { code: -32601, message: "not here" } });
  }

  #write(message) {
    this.child.stdin.write(`${JSON.stringify(this.versioned ? { jsonrpc: "2.0", ...message } : message)}\n`);
  }

  #ask(method, params) {
    const id = ++this.#last;
    const answered = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#write({ id, method, params });
    return answered;
  }

  async call(method, params) {
    const gone = this.exited.then(() => ({ error: { message: "it ended" } }));
    const { result, error } = await Promise.race([this.#ask(method, params), gone]);
    if (error) throw new Error(`${method}: ${error.message} ${JSON.stringify(error.data ?? "")}`);
    return result;
  }

  /** `unknown` where there is no such method, or no answer. */
  async tries(method, params) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, { error: { code: -32601 } })));
    const { error } = await Promise.race([
      this.#ask(method, params),
      late,
      this.exited.then(() => ({ error: { code: -32601 } })),
    ]);
    clearTimeout(timer);
    return error?.code === -32601 ? "unknown" : error?.message;
  }

  note(method, params) {
    this.#write({ method, params });
  }

  /** Closes its stdin, and ends what does not end by itself then. */
  async end() {
    this.child.stdin.end();
    let timer;
    await Promise.race([this.exited, new Promise((resolve) => (timer = setTimeout(resolve, 3000)))]);
    clearTimeout(timer);
    try {
      process.kill(-this.child.pid, "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
}

/** `RssAnon` in MB of a process, and of all that it started and that is still below it. */
async function memoryOf(pid) {
  const all = await tree(pid);
  const sizes = await Promise.all(all.map(async (one) => (await status(one)).anon));
  return { own: sizes[0], whole: sizes.reduce((sum, size) => sum + size, 0) };
}

async function tree(pid) {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const below = await Promise.all(children.split(" ").filter(Boolean).map(tree));
  return [pid, ...below.flat()];
}

async function status(pid) {
  const text = await readFile(path.join("/proc", String(pid), "status"), "utf8").catch(() => "");
  return { anon: Number(/RssAnon:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1000 };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

function figures(agents, codex, shell) {
  const [ours, ...peers] = agents;
  const beside = (show) =>
    peers.map((peer) => `${peer.name} ${show(peer)}`).join("; ") || "not measured (`--peers` installs them)";
  const ms = (key) => (agent) => `${median(agent.times[key]).toFixed(1)} ms`;
  const verdict = (good) => (good ? "met" : "**missed**");
  const own = codex.times.thread.length ? median(codex.times.thread) : 0;
  const ratio = median(codex.times.deltas) / median(ours.times.deltas);
  const better = Math.min(...peers.map((peer) => median(peer.times.deltas)));
  const memory = ({ times }) => median(times.memory.map((one) => one.own));
  const whole = ({ times }) => median(times.memory.map((one) => one.whole));
  const flood = (agent) =>
    `${(median(agent.times.deltas) / 1000).toFixed(2)} s in ${agent.chunks} chunks${agent.text === codex.text ? "" : ` with ${agent.text} of ${codex.text} characters`}`;
  return [
    "| ACP | Wanted | Measured | Beside it | Met |",
    "|---|---|---|---|---|",
    `| \`initialize\` with the daemon up, from spawn, median | ≤ 10 ms | ${ms("initialize")(ours)} | a shell that only answers ${ms("initialize")(shell)}; ${beside(ms("initialize"))} | ${verdict(median(ours.times.initialize) <= 10)} |`,
    `| \`session/new\`, median | ≤ the app-server's \`thread/start\` + 5 ms | ${ms("thread")(ours)} | app-server ${own.toFixed(1)} ms; ${beside(ms("thread"))} | ${verdict(median(ours.times.thread) <= own + 5)} |`,
    `| ${DELTAS} deltas as chunks: the app-server's own time over ours | ≥ 0.8 | ${ratio.toFixed(2)} (${flood(ours)}) | app-server ${(median(codex.times.deltas) / 1000).toFixed(2)} s; ${beside(flood)} | ${verdict(ratio >= 0.8)} |`,
    `| the same beside the better peer | no slower | ${(median(ours.times.deltas) / 1000).toFixed(2)} s | ${peers.length ? `${(better / 1000).toFixed(2)} s` : "not measured"} | ${peers.length ? verdict(median(ours.times.deltas) <= better) : ""} |`,
    `| own memory after that (\`RssAnon\`) | ≤ 20 MB | ${memory(ours).toFixed(1)} MB | ${beside((peer) => `${memory(peer).toFixed(0)} MB, ${whole(peer).toFixed(0)} MB with what it starts`)} | ${verdict(memory(ours) <= 20)} |`,
  ];
}

function table(agents, peers) {
  const absent = peers.filter((peer) => !peer.command).map((peer) => `${peer.name}: ${peer.absent}.`);
  const row = (name) => `| ${name} | ${agents.map(({ seen }) => (seen.has(name) ? "yes" : "–")).join(" | ")} |`;
  return [
    `| What it has | ${agents.map(({ name }) => name).join(" | ")} |`,
    `|---${"|---".repeat(agents.length)}|`,
    ...METHODS.map((name) => row(name).replace(name, `\`${name}\``)),
    ...UPDATES.map((name) => row(name).replace(name, `\`${name}\``)),
    ...MORE.map(row),
    ...absent,
  ];
}
