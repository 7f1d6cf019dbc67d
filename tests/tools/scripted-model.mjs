// The model that plays scripts: Codex talks to it on loopback, so threads need no login and no network.
import { ProcessTree } from "./process-tree.mjs";
import { Explained } from "./steps.mjs";

const READY_MS = 10_000;

/**
 * Starts `binary` and has it write a CODEX_HOME at `codexHome` that points at it. Resolves, once it listens, with
 * `{ baseUrl, died, stop() }`. `args` go to it as they are.
 */
export async function startScriptedModel({ binary, codexHome, args = [], env }) {
  const tree = new ProcessTree(binary, ["--write-codex-home", codexHome, "--exit-on-stdin-eof", ...args], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  try {
    const { baseUrl } = await firstLine(tree);
    return { baseUrl, died: tree.died, stop: () => tree.stop() };
  } catch (error) {
    await tree.stop();
    throw error;
  }
}

async function firstLine(tree) {
  let said = "";
  let complained = "";
  tree.child.stderr.setEncoding("utf8").on("data", (chunk) => (complained = (complained + chunk).slice(-4000)));
  const line = new Promise((resolve) => {
    tree.child.stdout.setEncoding("utf8").on("data", (chunk) => {
      if (!said.includes("\n")) said += chunk;
      if (said.includes("\n")) resolve(said.slice(0, said.indexOf("\n")));
    });
  });
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, READY_MS, "no word from it")));
  const first = await Promise.race([line, tree.exited.then((how) => `it ended with ${how}`), late]);
  clearTimeout(timer);
  try {
    return JSON.parse(first);
  } catch {
    throw new Explained(`The scripted model did not start: ${first}\n${complained.trimEnd()}`);
  }
}
