// Whatever ends a tool (its work done, Ctrl-C, a signal, npm gone), what it started is ended first.
import os from "node:os";
import { endRunningCommands } from "./run.mjs";
import { Explained, StepFailed } from "./steps.mjs";

const endings = [];
let ending;

/** Has `end()` called before this process exits, the last registered first. `name` is said when it fails. */
export function beforeExit(name, end) {
  endings.push({ name, end });
}

/** Ends everything registered and then this process. Only the first call counts. */
export function exit(code) {
  ending ??= endAll().then((clean) => {
    if (clean && code > 128) console.log("Stopped. Nothing is left running.");
    process.exit(clean ? code : 1);
  });
  return ending;
}

/**
 * Runs a tool's main function and then exits: with the code that it resolves with (0 when none), or with 1 when it
 * fails. An explained failure is printed without a stack; one that a step has printed is not printed again.
 */
export async function main(work) {
  watchSignals();
  watchNpm();
  let code = 1;
  try {
    code = (await work()) ?? 0;
  } catch (error) {
    // What stopping breaks off is not a failure to report.
    if (ending) return;
    if (error instanceof Explained) console.error(`\n${error.message}\n`);
    else if (!(error instanceof StepFailed)) console.error(error);
  }
  await exit(code);
}

async function endAll() {
  let clean = true;
  await endRunningCommands();
  for (const { name, end } of endings.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      clean = false;
      console.error(`${name} could not be ended: ${error.message}`);
    }
  }
  return clean;
}

function watchSignals() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // npm passes Ctrl-C on although the terminal already sent it to us: every signal after the first is the same wish.
    process.on(signal, () => {
      if (ending) return;
      console.log("\nStopping …");
      exit(128 + os.constants.signals[signal]);
    });
  }
  // A terminal that is gone takes no more output; that must not cut the ending short.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

// npm waits for us for as long as it lives. A shell need not: a tool put in its background may outlive it.
function watchNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const check = () => {
    if (process.ppid !== parent) void exit(128 + os.constants.signals.SIGHUP);
  };
  setInterval(check, 1000).unref();
}
