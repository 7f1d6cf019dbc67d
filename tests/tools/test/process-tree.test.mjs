import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ProcessTree } from "../process-tree.mjs";

// A program whose child has a session of its own and does not listen to SIGTERM: no group, no polite signal reaches it.
const STUBBORN = `
  const { spawn } = require("node:child_process");
  const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1e6)"],
    { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  child.stdout.once("data", () => console.log(child.pid));
  setInterval(() => {}, 1e6);
`;

test("stop ends what left the group and ignores SIGTERM", { skip: process.platform !== "linux" }, async () => {
  const tree = new ProcessTree(process.execPath, ["-e", STUBBORN], {
    env: process.env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await once(tree.child.stdout, "data");
  const grandchild = Number(line);
  const pids = (await tree.processes()).map(({ pid }) => pid).sort();
  assert.deepEqual(pids, [tree.child.pid, grandchild].sort());

  await tree.stop({ graceMs: 200 });

  assert.deepEqual(await tree.processes(), []);
});

test("a tree ends when the tool that started it is killed", { skip: process.platform !== "linux" }, async () => {
  const dir = await mkdtemp(path.join(os.tmpdir(), "outrigger-tree-"));
  const tool = path.join(dir, "tool.mjs");
  const source = new URL("../process-tree.mjs", import.meta.url);
  await writeFile(
    tool,
    `import { ProcessTree } from ${JSON.stringify(source.href)};
     const tree = new ProcessTree(process.execPath, ["-e", ${JSON.stringify(STUBBORN)}],
       { env: process.env, stdio: ["ignore", "pipe", "ignore"] });
     tree.child.stdout.once("data", (line) => console.log(tree.child.pid, Number(line)));`,
  );
  const killed = spawn(process.execPath, [tool], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(killed.stdout, "data");
  const pids = String(line).trim().split(" ").map(Number);

  killed.kill("SIGKILL");

  // Bounded by the runner: a tree that stays fails this test by its timeout.
  while (pids.some(alive)) await delay(50);
  await rm(dir, { recursive: true });
});

test("a program that cannot start is an error, and nothing is left", async () => {
  const tree = new ProcessTree("no-such-program", [], { env: process.env, stdio: "ignore" });
  await assert.rejects(tree.exited, { code: "ENOENT" });
  await tree.stop({ graceMs: 200 });
});

function alive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
