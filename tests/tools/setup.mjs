// Installs what the root lock file names: the tools, the extension's dependencies and the pinned codex.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "./lifetime.mjs";
import { extensionDir, root } from "./paths.mjs";
import { npm } from "./run.mjs";
import { hashFiles, unlessStamped } from "./stamp.mjs";
import { Steps } from "./steps.mjs";
import { requireGit, requireRust } from "./toolchain.mjs";

export const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];

/** Brings node_modules to what package-lock.json says; nothing to do takes milliseconds. */
export function installPackages(steps) {
  return steps.step("npm packages", async ({ exec, say }) => {
    const hash = await hashFiles(
      [path.join(root, "package-lock.json")],
      await wantedPackages(path.join(root, "package.json")),
      await wantedPackages(path.join(extensionDir, "package.json")),
      process.platform,
      process.arch,
    );
    const ran = await unlessStamped(path.join(root, "node_modules/.outrigger-stamp"), hash, async () => {
      const [command, first] = npm();
      await exec(command, [...first, "ci", "--ignore-scripts", "--include=dev", ...quiet]);
    });
    if (!ran) say("nothing changed");
  });
}

// A manifest may change in a hundred ways; only these call for an install (which fails when the lock lags behind).
async function wantedPackages(manifest) {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(await readFile(manifest, "utf8"));
  return JSON.stringify([dependencies, devDependencies, optionalDependencies]);
}

/** Checks for git and Rust. */
export function checkToolchain(steps) {
  return steps.step("git and Rust", async ({ say }) => {
    await requireGit();
    say(`cargo ${await requireRust()}`);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const steps = new Steps();
    await checkToolchain(steps);
    await installPackages(steps);
    steps.summary();
  });
}
