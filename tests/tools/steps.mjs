// Named steps with their times. Output is kept and shown only when a step fails, or streamed with OUTRIGGER_VERBOSE=1.
import { performance } from "node:perf_hooks";
import { run } from "./run.mjs";

const verbose = process.env.OUTRIGGER_VERBOSE === "1";

/** An error whose message is for a person and says what to do: printed without a stack. */
export class Explained extends Error {}

/** Thrown by `step` once the failure has been printed, so that callers only decide whether to go on. */
export class StepFailed extends Error {
  constructor(name, cause) {
    super(`${name} failed`, { cause });
    this.name = "StepFailed";
  }
}

export class Steps {
  #rows = [];
  #began = performance.now();

  /**
   * Runs `work({ exec, say })`, prints its start, its end and its seconds, and resolves with its value.
   * `exec` runs a command; `say` adds a line. Rejects with `StepFailed` after printing what the step kept.
   */
  async step(name, work) {
    const began = performance.now();
    let kept = "";
    const keep = (chunk) => {
      kept += chunk;
      if (verbose) process.stdout.write(chunk);
    };
    const exec = (command, args, options) => run(command, args, { ...options, onOutput: keep });
    console.log(`  ▸ ${name}`);
    try {
      const value = await work({ exec, say: (line) => keep(`${line}\n`) });
      this.#end("✓", name, began);
      return value;
    } catch (error) {
      // Broken off because we are told to stop: nothing is wrong with it.
      if (error.stopping) throw error;
      this.#end("✗", name, began);
      if (!verbose && kept.trim()) console.log(indent(kept.trimEnd()));
      console.log(indent(error instanceof Explained ? error.message : describe(error)));
      throw new StepFailed(name, error);
    }
  }

  /** Says loudly that a step is left out, and why. */
  skip(name, why) {
    console.log(`  ! ${name}: SKIPPED, ${why}`);
    this.#rows.push({ mark: "!", name, seconds: 0 });
  }

  get failures() {
    return this.#rows.filter((row) => row.mark === "✗").map((row) => row.name);
  }

  /** Prints every step with its seconds, and the whole. Steps that ran side by side add up to more than the whole. */
  summary() {
    const width = Math.max(8, ...this.#rows.map((row) => row.name.length));
    console.log("");
    for (const { mark, name, seconds } of this.#rows) {
      console.log(`  ${mark} ${name.padEnd(width)} ${seconds.toFixed(1).padStart(7)} s`);
    }
    console.log(`    ${"in all".padEnd(width)} ${elapsed(this.#began).toFixed(1).padStart(7)} s\n`);
  }

  #end(mark, name, began) {
    const seconds = elapsed(began);
    this.#rows.push({ mark, name, seconds });
    console.log(`  ${mark} ${name} (${seconds.toFixed(1)} s)`);
  }
}

function describe(error) {
  return error.name === "CommandFailed" ? error.message : (error.stack ?? String(error));
}

function elapsed(since) {
  return (performance.now() - since) / 1000;
}

function indent(text) {
  return text.replace(/^/gm, "    │ ");
}
