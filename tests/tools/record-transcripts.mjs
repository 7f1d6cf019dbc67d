// Records what the real codex app-server says, turn by turn and then as history, for the reducer's tests.
//
//   node tests/tools/record-transcripts.mjs --model http://127.0.0.1:PORT/v1 [--codex PATH] [--only NAME,..]
//
// The model is any Responses API that plays the `[[kind:argument]]` mark of a prompt, such as tests/scripted-model.
// Writes tests/transcripts/reduce_NAME.jsonl, one `{ t, dir, msg }` a line; paths of this machine become /home/dev.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const patch = (...lines) => `[[patch:${["*** Begin Patch", ...lines, "*** End Patch"].join("\n")}]]`;
const ADD = patch("*** Add File: added.txt", "+one", "+two");
const UPDATE = patch("*** Update File: a.txt", "@@", "-old", "+new");
const LINGER = "[[exec:for i in 1 2 3 4 5 6; do echo line $i; sleep 0.4; done]]";

/** Each scenario drives one thread; the history is asked for, and recorded, when it returns. */
const SCENARIOS = {
  message: async (s) => {
    await s.turn("[[msg:hello]]");
    await s.turn("[[long:40]]");
  },
  reasoning: (s) => s.turn("[[reason:x]]"),
  command: async (s) => {
    await s.turn("[[exec:printf out > made; cat made]]", "accept");
    await s.turn("[[exec:exit 3]]", "accept");
    await s.turn("[[exec:touch declined]]", "decline");
    await s.turn("[[exec:touch cancelled]]", "cancel");
  },
  patch: async (s) => {
    await s.turn(ADD, "accept");
    await s.turn(UPDATE, "accept");
    await s.turn(patch("*** Update File: a.txt", "*** Move to: moved.txt", "@@", "-new", "+newer"), "accept");
    await s.turn(patch("*** Delete File: b.txt"), "accept");
    await s.turn(patch("*** Add File: never.txt", "+x"), "decline");
    await s.turn(patch("*** Add File: never.txt", "+x"), "cancel");
  },
  parallel: async (s) => {
    await s.turn("[[exec2:echo slow; sleep 0.5|echo quick]]", "accept", "accept");
    await s.turn("[[exec2:echo kept; sleep 0.3|touch refused]]", "accept", "decline");
  },
  interrupt: async (s) => {
    await s.begin("[[slow:200,0.02]]");
    await s.seen("item/agentMessage/delta");
    await s.interrupt();
  },
  outlive: async (s) => {
    await s.begin(LINGER, "accept");
    await s.seen("item/commandExecution/outputDelta");
    await s.interrupt();
    await s.seen("item/completed", (params) => params.item.type === "commandExecution");
  },
  failure: async (s) => {
    await s.turn("[[failed:server_error]]");
    await s.turn("[[drop:x]]");
    await s.turn("[[http:500]]");
  },
  review: async (s) => {
    const verdict = {
      findings: [],
      overall_correctness: "ok",
      overall_explanation: "fine",
      overall_confidence_score: 0.9,
    };
    await s.review(`[[msg:${JSON.stringify(verdict)}]]`);
  },
  review_interrupted: async (s) => {
    await s.review("[[slow:200,0.02]]", async () => {
      await s.seen("item/started", (params) => params.item.type === "agentMessage");
      await s.interrupt();
    });
  },
  steer: async (s) => {
    await s.begin("[[slow:30,0.02]]");
    await s.seen("item/agentMessage/delta");
    await s.request("turn/start", { threadId: s.thread, input: [{ type: "text", text: "[[msg:steered]]" }] });
    await s.seen("turn/completed");
  },
  question: (s) => s.turn("[[input:x]]", { answers: { q1: { answers: ["A"] } } }),
};

const { values: options } = parseArgs({
  options: { model: { type: "string" }, codex: { type: "string", default: "codex" }, only: { type: "string" } },
});
if (!options.model) throw new Error("give the model's address: --model http://127.0.0.1:PORT/v1");

/** No sign-in, no plug-ins, no update check: the model on loopback is the only peer. */
const config = `model = "gpt-5.5"
model_provider = "scripted"
approval_policy = "on-request"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
[model_providers.scripted]
name = "scripted"
base_url = "${options.model}"
wire_api = "responses"
requires_openai_auth = false
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false
[analytics]
enabled = false
[features]
plugins = false
remote_plugin = false
apps = false
shell_snapshot = false
default_mode_request_user_input = true
`;

/** One app-server with a home of its own, and everything said on its wire. */
class Session {
  constructor(home, repository) {
    this.lines = [];
    this.waiting = [];
    this.answers = [];
    this.replies = new Map();
    this.nextId = 1;
    this.read = 0;
    this.repository = repository;
    this.started = Date.now();
    this.child = spawn(options.codex, ["app-server"], {
      cwd: repository,
      env: { ...process.env, CODEX_HOME: home, HOME: join(home, "..", "user"), TMPDIR: join(home, "..", "tmp") },
      stdio: ["pipe", "pipe", "ignore"],
    });
    createInterface({ input: this.child.stdout }).on("line", (line) => this.receive(JSON.parse(line)));
  }

  record(dir, msg) {
    this.lines.push({ t: (Date.now() - this.started) / 1000, dir, msg });
  }

  send(msg) {
    this.record("c>s", msg);
    this.child.stdin.write(`${JSON.stringify(msg)}\n`);
  }

  request(method, params) {
    const id = this.nextId++;
    this.send({ method, id, params });
    return new Promise((resolve, reject) => this.replies.set(id, { method, resolve, reject }));
  }

  receive(msg) {
    this.record("s>c", msg);
    if (msg.method && "id" in msg) {
      const answer = this.answers.shift() ?? "accept";
      this.send({ id: msg.id, result: typeof answer === "string" ? { decision: answer } : answer });
    } else if (msg.method) {
      if (msg.method === "turn/started") this.active = msg.params.turn.id;
      this.settle();
    } else {
      const reply = this.replies.get(msg.id);
      this.replies.delete(msg.id);
      if (msg.error) reply.reject(new Error(`${reply.method}: ${msg.error.message}`));
      else reply.resolve(msg.result);
    }
  }

  /** Resolves with the first notification not read yet that fits. */
  seen(method, fits = () => true) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${method} within 20 s`)), 20_000);
      this.waiting.push({ method, fits, resolve, timer });
      this.settle();
    });
  }

  settle() {
    const [first] = this.waiting;
    if (!first) return;
    for (; this.read < this.lines.length; this.read++) {
      const { dir, msg } = this.lines[this.read];
      if (dir !== "s>c" || msg.method !== first.method || !first.fits(msg.params)) continue;
      this.read++;
      this.waiting.shift();
      clearTimeout(first.timer);
      first.resolve(msg.params);
      return;
    }
  }

  async open() {
    const clientInfo = { name: "probe", title: "probe", version: "0.1" };
    await this.request("initialize", { clientInfo, capabilities: { experimentalApi: true } });
    this.send({ method: "initialized" });
    const params = { cwd: this.repository, approvalPolicy: "untrusted", sandbox: "danger-full-access" };
    this.thread = (await this.request("thread/start", params)).thread.id;
  }

  async begin(text, ...answers) {
    this.answers = answers;
    await this.request("turn/start", { threadId: this.thread, input: [{ type: "text", text }] });
  }

  async turn(text, ...answers) {
    await this.begin(text, ...answers);
    await this.seen("turn/completed");
  }

  async interrupt() {
    await this.request("turn/interrupt", { threadId: this.thread, turnId: this.active });
    await this.seen("turn/completed");
  }

  async review(instructions, drive = () => this.seen("turn/completed")) {
    const target = { type: "custom", instructions };
    await this.request("review/start", { threadId: this.thread, target, delivery: "inline" });
    await drive();
  }

  async pages(method, params) {
    for (let cursor = null; ;) {
      const page = await this.request(method, { threadId: this.thread, limit: 50, cursor, ...params });
      if (!page.nextCursor) return;
      cursor = page.nextCursor;
    }
  }

  async history() {
    await this.pages("thread/turns/list", { itemsView: "notLoaded", sortDirection: "asc" });
    await this.pages("thread/items/list", { sortDirection: "asc" });
    await this.request("thread/read", { threadId: this.thread, includeTurns: true });
  }

  close() {
    const gone = new Promise((resolve) => this.child.on("exit", resolve));
    this.child.kill("SIGKILL");
    return gone;
  }
}

async function record(name, scenario) {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "outrigger-record-")));
  const home = join(scratch, "codex");
  const repository = join(scratch, "repo");
  for (const directory of [home, repository, join(scratch, "user"), join(scratch, "tmp")]) mkdirSync(directory);
  writeFileSync(join(home, "config.toml"), config);
  writeFileSync(join(repository, "a.txt"), "old\n");
  writeFileSync(join(repository, "b.txt"), "gone soon\n");
  const session = new Session(home, repository);
  try {
    await session.open();
    await scenario(session);
    await session.history();
  } finally {
    await session.close();
    rmSync(scratch, { recursive: true, force: true });
  }
  const text = session.lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const redacted = text.replaceAll(scratch, "/home/dev").replace(/"userAgent":"[^"]*"/g, '"userAgent":"probe/0.169.0"');
  writeFileSync(join(ROOT, "tests/transcripts", `reduce_${name}.jsonl`), redacted);
  console.log(`${name}: ${session.lines.length} lines`);
}

const wanted = options.only?.split(",");
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (!wanted || wanted.includes(name)) await record(name, scenario);
}
