// Runs one command to its end and keeps what it printed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { root } from "./paths.mjs";

const running = new Set();
let stopping = false;
const groups = process.platform !== "win32";

/** A command that could not be started, or ended with a code other than 0. Carries what it printed. */
export class CommandFailed extends Error {
  constructor(command, args, outcome) {
    const line = [command, ...args].join(" ");
    super(outcome.missing ? `\`${command}\` was not found` : `\`${line}\` ended with ${outcome.ended}`);
    this.name = "CommandFailed";
    Object.assign(this, outcome);
  }
}

/**
 * Runs a command in the repository's root (or `cwd`); resolves with its output, both streams in order of arrival.
 * `onOutput` sees each chunk as it comes. A failure rejects with `CommandFailed`.
 */
export function run(command, args = [], { cwd = root, env = process.env, onOutput } = {}) {
  return new Promise((resolve, reject) => {
    // A group of its own, so that ending it ends what it started too.
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: groups });
    running.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (chunk) => {
        output += chunk;
        onOutput?.(chunk);
      });
    }
    child.on("error", (cause) => {
      running.delete(child);
      reject(new CommandFailed(command, args, { output, ended: cause.message, missing: cause.code === "ENOENT" }));
    });
    child.on("close", (code, signal) => {
      running.delete(child);
      if (code === 0) resolve(output);
      else reject(new CommandFailed(command, args, { output, code, stopping, ended: signal ?? `code ${code}` }));
    });
  });
}

/** Ends the commands that run now, with all that they started; they fail with `stopping`. */
export async function endRunningCommands() {
  stopping = true;
  const children = [...running];
  const closed = Promise.all(children.map((child) => once(child, "close")));
  for (const child of children) signalGroup(child, "SIGTERM");
  const kill = setTimeout(() => children.forEach((child) => signalGroup(child, "SIGKILL")), 3000);
  await closed;
  clearTimeout(kill);
}

function signalGroup(child, name) {
  try {
    if (groups) process.kill(-child.pid, name);
    else child.kill(name);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** What a command prints, or undefined when it is missing or fails. */
export async function probe(command, args, options) {
  try {
    return (await run(command, args, options)).trim();
  } catch {
    return undefined;
  }
}

/** The command and first arguments that run the npm which started us, or the one on PATH. */
export function npm() {
  if (process.env.npm_execpath) return [process.execPath, [process.env.npm_execpath]];
  return [process.platform === "win32" ? "npm.cmd" : "npm", []];
}
