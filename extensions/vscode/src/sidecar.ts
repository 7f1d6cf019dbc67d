// The sidecar's process: started in the window's folder, and ended for certain. No VS Code in it.

import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

/** A sidecar that was told to end has this long to do so, in milliseconds. */
const END_MS = 2_000;
/** A command of the sidecar, such as `daemon stop`, has this long, in milliseconds. */
const COMMAND_MS = 60_000;

export class Sidecar {
  private readonly exited: Promise<void>;

  private constructor(readonly process: ChildProcessWithoutNullStreams) {
    this.exited = new Promise((resolve) => process.once("exit", () => resolve()));
  }

  /** Rejects when the program is not there or may not be run. */
  static start(command: string, args: string[], cwd: string | undefined): Promise<Sidecar> {
    // A folder that is gone would make a program that is there seem missing.
    const there = cwd !== undefined && existsSync(cwd) ? cwd : undefined;
    const child = spawn(command, args, { cwd: there, stdio: "pipe", windowsHide: true });
    child.stdin.on("error", () => undefined); // What can't be written any more: its end says so.
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(new Sidecar(child)));
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Waits until it has ended, and kills it when it takes too long. */
  async ended(): Promise<void> {
    const late = setTimeout(() => this.kill(), END_MS);
    await this.exited;
    clearTimeout(late);
  }

  kill(): void {
    this.process.kill("SIGKILL");
  }
}

/** Runs a command of the sidecar to its end and resolves with what it printed; rejects with what it complained of. */
export async function runSidecar(command: string, args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { timeout: COMMAND_MS, windowsHide: true });
    return stdout;
  } catch (error) {
    const { stderr, killed, message } = error as Error & { stderr?: string; killed?: boolean };
    const why = killed ? `It took longer than ${COMMAND_MS / 1_000} s.` : stderr?.trim() || message;
    throw new Error(why, { cause: error });
  }
}
