// npm run bench: measures a release build, each figure beside a rival in the same run, into docs/benchmarks.md.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { measureAcp } from "../acp/bench.mjs";
import { measureHost } from "../vscode/bench.mjs";
import { measureWebview } from "../vscode/webview/bench.mjs";
import { requireChromium } from "./chromium.mjs";
import { pinnedCodex } from "./codex.mjs";
import { main } from "./lifetime.mjs";
import { cargoBinary, extensionDir, root, tryoutDir } from "./paths.mjs";
import { npm, run } from "./run.mjs";
import { checkToolchain, installPackages, quiet } from "./setup.mjs";
import { Explained, Steps } from "./steps.mjs";
import { packageExtension } from "./vsix.mjs";
import { installVscode } from "./vscode-install.mjs";

const USAGE = `npm run bench [-- [--peers] [--quick] [--only FIGURE]]

  --peers         also start the ACP agents for Codex, and read terminals through node-pty: they come from npm
  --quick         less of everything, to see that it works; nothing is written
  --only FIGURE   start, shared-start, relay, sessions, idle, memory, turn, paced, replay, pause, hunks, terminals,
                  automations, vscode (webview and extension) or acp (beside the other agents, which it installs);
                  nothing is written`;

const PAGE = path.join(root, "docs/benchmarks.md");
const PEERS = ["@agentclientprotocol/codex-acp", "@zed-industries/codex-acp"];
/** The build of node-pty that brings its binaries along. */
const NODE_PTY = "@lydell/node-pty";

await main(async () => {
  const options = readArguments(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  const steps = new Steps();
  await checkToolchain(steps);
  await installPackages(steps);
  await steps.step("cargo build --release", ({ exec }) =>
    exec("cargo", ["build", "--release", "-p", "outrigger", "-p", "outrigger-tests", "-p", "scripted-model"]),
  );
  if (options.only === "acp")
    return console.log((await acpRows(steps, { peers: true, quick: options.quick })).join("\n"));
  if (options.only === "vscode") return console.log((await vscodeRows(steps)).join("\n"));
  const peers = await peerArguments(steps, options.peers);
  const args = ["outrigger", "scripted-model"].flatMap((name) => [`--${name}`, cargoBinary(name, "release")]);
  args.push("--codex", await pinnedCodex(), ...peers);
  if (options.quick) args.push("--quick");
  if (options.only) args.push("--only", options.only);

  const load = os.loadavg()[0];
  let table = await steps.step("measure", () => measure(args));
  if (!options.quick && !options.only) {
    table += `\n${(await vscodeRows(steps)).join("\n")}`;
    table += `\n\n${(await acpRows(steps, options)).join("\n")}`;
  }
  steps.summary();
  if (options.quick || options.only) return console.log(table);
  const { devDependencies } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
  await writeFile(PAGE, page(table, Math.max(load, os.loadavg()[0]), devDependencies["@openai/codex"]));
  console.log(`Written to ${path.relative(root, PAGE)}`);
});

/** The webview's figures, in a real browser, and the sizes of what an editor loads; on Linux those of the extension too. */
async function vscodeRows(steps) {
  const executablePath = await requireChromium(steps);
  await steps.step("webview", ({ exec }) => exec(process.execPath, ["build.mjs"], { cwd: extensionDir }));
  const rows = await steps.step("measure the webview", () => measureWebview(executablePath));
  if (process.platform !== "linux") return rows;
  await installVscode(steps);
  const vsix = await packageExtension(steps, "release");
  return [...rows, ...(await steps.step("measure the extension", () => measureHost(vsix, executablePath, "release")))];
}

/** The ACP agent beside the others, with what each of them has. */
async function acpRows(steps, { peers, quick }) {
  const args = await peerArguments(steps, peers);
  const found = PEERS.map((name) => {
    const at = args.indexOf(name);
    return args[at - 1] === "--peer" ? { name, command: args.slice(at + 1, at + 3) } : { name, absent: args[at + 1] };
  });
  process.env.OUTRIGGER_CODEX ??= await pinnedCodex();
  process.env.OUTRIGGER_SCRIPTED_MODEL = cargoBinary("scripted-model", "release");
  const outrigger = cargoBinary("outrigger", "release");
  return steps.step("measure ACP", () => measureAcp({ outrigger, peers: found, runs: quick ? 1 : 5 }));
}

function readArguments(args) {
  const options = { peers: { type: "boolean" }, quick: { type: "boolean" }, help: { type: "boolean" } };
  try {
    return parseArgs({ args, options: { ...options, only: { type: "string" } } }).values;
  } catch (error) {
    throw new Explained(`${error.message}\n\n${USAGE}`);
  }
}

/** Runs the benchmark; rows show as they are known, and the table comes at the end. */
async function measure(args) {
  const output = await run(cargoBinary("bench", "release"), args, {
    onOutput: (chunk) => process.stdout.write(chunk),
  });
  return output.slice(output.indexOf("| Figure |")).trim();
}

/** Installs the peers and says how each is started, or why it is not. */
async function peerArguments(steps, wanted) {
  if (!wanted) return PEERS.flatMap((name) => ["--absent-peer", name, "not measured (`--peers` installs it)"]);
  const dir = path.join(tryoutDir, "bench-peers");
  await mkdir(dir, { recursive: true });
  const found = [];
  for (const name of [...PEERS, NODE_PTY]) {
    const [command, first] = npm();
    try {
      await steps.step(name, async ({ exec }) => {
        await exec(command, [...first, "install", "--ignore-scripts", "--prefix", dir, ...quiet, name]);
        const script = path.join(root, "tests/tools/node-pty-flood.mjs");
        const module = path.join(dir, "node_modules", name);
        if (name === NODE_PTY) found.push("--node-pty", process.execPath, script, module);
        else found.push("--peer", name, process.execPath, await program(dir, name));
      });
    } catch {
      if (name !== NODE_PTY) found.push("--absent-peer", name, "not measured (it could not be installed)");
    }
  }
  return found;
}

/** The script that an installed package names as its program. */
async function program(dir, name) {
  const home = path.join(dir, "node_modules", name);
  const { bin } = JSON.parse(await readFile(path.join(home, "package.json"), "utf8"));
  return path.join(home, typeof bin === "string" ? bin : Object.values(bin)[0]);
}

function page(table, load, codex) {
  const cpus = os.cpus();
  const busy = load > cpus.length / 2;
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return `# Benchmarks

Written by \`npm run bench\`; \`-- --peers\` adds the agents that it takes from npm. The figures are reported and gate nothing.

Machine: ${cpus.length} cores (${process.arch}), ${memory} GiB, ${os.type()} ${os.release().split(".").slice(0, 2).join(".")}, Node ${process.versions.node.split(".")[0]}, codex ${codex}.
${busy ? `\nOther work kept the machine busy meanwhile (load ${load.toFixed(0)} on ${cpus.length} cores), so times are longer than on a quiet one; what stands beside each figure had the same to bear.\n` : ""}
${table}

- Every figure and what stands beside it were measured in one run, taking turns.
- *Start*: from the spawn to the answer of \`initialize\`. The bare responder is the least program that answers.
- *Daemon*: the editor starts a relay, which starts the daemon where none runs; "copied" is the first start of a build. The relay's delay is half the difference between
  a question through it and one straight at the daemon's socket, asked in turn with 2 ms between. The editors of one daemon all follow all turns; each text is compared.
- *Turn*: the scripted model sends deltas as fast as they are read. Each pair is one turn through Outrigger and one read straight
  from the app-server's stdout; both clocks are \`CLOCK_MONOTONIC\`. The ratio is the time without Outrigger over the time with it.
- *Delay*: a small program before codex notes when each delta was written, on both ways. What Outrigger adds is the difference of the
  medians. Its work is the time that its threads ran, so the waking of three threads per note is in it.
- *Replay*: a recorded turn of the real app-server, stretched to 10,000 deltas in four items that take turns (or 64 lines of 64 kB), played again
  and again as fast as it is read. The \`Value\` proxy parses each line into a \`serde_json::Value\`, frames it and writes once per read. When an editor reads slower
  than the app-server writes, deltas of one item are joined: their text is complete, which every run checks. Memory holds the thread's history, which is bounded at 32 MiB.
- *Terminals*: the plain loop opens a PTY and reads it into 64 kB, no more. A window acknowledges every 5,000 units, as VS Code does. An echo is timed from the request
  to the note that shows the key. Memory is \`RssAnon\` of \`--solo\` beyond what it has with no terminal.
- *Hunks*: a file of 4.6 MB whose lines are unlike; in each run git's own command has its turn on the same file. The thread's time is from the question to the
  answer, without an editor. Of the requests one by one, 90 are measured and the rest is reckoned from them.
- *Webview*: the built page in Chromium without an editor, under the extension's own policy; five runs each, the median, and least to most in brackets. The deltas come as the extension
  sends them, gathered for 16 ms, 20,000 in one second. Alone: \`npm run bench -- --only vscode\`.
- *ACP*: one client in Node reads all of them. Each agent is started, opens a session and is sent the flood in turn, after the app-server itself, five times (ours is started forty times more, in turn with a shell that only answers); \`session/new\` may
  find the agent still starting its app-server. A client that reads slower than the app-server writes gets deltas joined, and the text is compared. What an agent has was asked of it: a method is there that is not answered with \`-32601\`, an update that came in one session with text,
  thoughts, a plan, a command and a change, and when that was loaded. Alone: \`npm run bench -- --only acp\`.
- *Extension*: in a real VS Code in a real browser, with the real app-server: five windows one after the other, the first of them cold; then one turn as fast as the model sends it.
- *Pause*: the reader stops at the first delta. One editor runs in one process here, so there is nobody else to be affected.
`;
}
