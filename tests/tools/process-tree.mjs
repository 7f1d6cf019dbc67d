// Starts a program with everything it will ever start marked as ours, and ends all of it.
//
// A process group is not enough: VS Code's terminals and Codex's commands open sessions of their own. So each
// tree carries a mark in its environment, which children inherit, and the tree is everything that bears it.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { probe } from "./run.mjs";

const MARK = "OUTRIGGER_TREE";
const GUARD = fileURLToPath(new URL("process-guard.mjs", import.meta.url));

/** A program and all that came from it. `child` is the Node child process; `stop()` ends the whole tree. */
export class ProcessTree {
  #mark = randomUUID();
  #guard;
  #stopping;

  /** Starts `command` as the leader of a process group of its own, with its tree marked. */
  constructor(command, args, { env, ...options }) {
    this.child = spawn(command, args, { ...options, env: { ...env, [MARK]: this.#mark }, detached: true });
    this.exited = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
    });
    this.exited.catch(() => {});
    /** Resolves, with how, when the program ends without `stop()`. */
    this.died = this.exited.then((how) => (this.#stopping ? new Promise(() => {}) : how));
    this.died.catch(() => {});
    // Ends the tree when this process dies without a chance to do so itself.
    this.#guard = spawn(process.execPath, [GUARD, this.#mark, String(this.child.pid)], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.#guard.on("error", () => {});
    this.#guard.stdin.on("error", () => {});
    this.#guard.unref();
  }

  /** The processes of the tree that live now. */
  processes() {
    return livingWith(this.#mark, this.child.pid);
  }

  /** Ends the tree: asks, waits up to `graceMs`, kills; rejects when something is left even then. */
  stop({ graceMs = 5000 } = {}) {
    this.#stopping ??= endTree(this.#mark, this.child.pid, graceMs).finally(() => {
      this.#guard.stdin.end("done");
    });
    return this.#stopping;
  }
}

/**
 * Ends the tree in three steps: SIGTERM to its leader, so that it can end its own in order; SIGTERM to all that
 * is left after `graceMs`; SIGKILL a second later. Rejects naming what outlives even that.
 */
export async function endTree(mark, leader, graceMs) {
  const living = () => livingWith(mark, leader);
  const isLeader = ({ pid }) => pid === leader;
  signalAll((await living()).filter(isLeader), "SIGTERM");
  if ((await living()).some(isLeader) && (await emptyWithin(living, graceMs))) return;
  signalAll(await living(), "SIGTERM");
  if (await emptyWithin(living, 1000)) return;
  for (let round = 0; round < 3; round += 1) {
    signalAll(await living(), "SIGKILL");
    if (await emptyWithin(living, 1000)) return;
  }
  const left = (await living()).map(({ pid, command }) => `${pid} ${command}`);
  throw new Error(`still running: ${left.join("; ")}`);
}

async function emptyWithin(living, ms) {
  for (const end = Date.now() + ms; Date.now() < end; await delay(50)) {
    if ((await living()).length === 0) return true;
  }
  return false;
}

function signalAll(processes, signal) {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
}

function livingWith(mark, leader) {
  return process.platform === "linux" ? markedInProc(mark) : descendants(leader);
}

async function markedInProc(mark) {
  const found = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    // Gone meanwhile, a zombie (nothing runs any more) or another user's: not ours to end.
    const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
    if (!environment.includes(`${MARK}=${mark}`)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    found.push({ pid, command: command.split("\0").join(" ").trim() });
  }
  return found;
}

// Without /proc an environment cannot be read: the group's members and the children found by parent serve instead.
async function descendants(leader) {
  const table = (await probe("ps", ["-axo", "pid=,ppid=,pgid=,stat=,command="])) ?? "";
  const rows = table.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (!match || match[4].startsWith("Z")) return [];
    return [{ pid: Number(match[1]), parent: Number(match[2]), group: Number(match[3]), command: match[5] }];
  });
  const ours = new Set([leader]);
  for (let before = 0; before !== ours.size;) {
    before = ours.size;
    for (const row of rows) if (row.group === leader || ours.has(row.parent)) ours.add(row.pid);
  }
  return rows.filter((row) => ours.has(row.pid));
}
