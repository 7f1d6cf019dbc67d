// npm run check: formatting, lints and types of everything. The licence and crate rules are Rust tests of npm test.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "./lifetime.mjs";
import { extensionDir, root } from "./paths.mjs";
import { checkToolchain, installPackages } from "./setup.mjs";
import { StepFailed, Steps } from "./steps.mjs";

/** Goes through steps one after another, also past one that fails. */
export async function each(works) {
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      // Printed, and counted by Steps.
      if (!(error instanceof StepFailed)) throw error;
    }
  }
}

/** The steps that need cargo. */
export function rustChecks(steps) {
  const cargo = (name, ...args) => steps.step(name, ({ exec }) => exec("cargo", args));
  return [
    () => cargo("cargo fmt", "fmt", "--all", "--check"),
    () => cargo("cargo clippy", "clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"),
  ];
}

/** The steps that need node_modules. */
export function nodeChecks(steps) {
  const tool = (name, script, ...args) =>
    steps.step(name, ({ exec }) => exec(process.execPath, [path.join(root, "node_modules", script), ...args]));
  return [
    () => tool("tsc", "typescript/bin/tsc", "--noEmit", "--project", extensionDir),
    () => tool("eslint", "eslint/bin/eslint.js", "--max-warnings", "0", "."),
    () => tool("prettier", "prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const steps = new Steps();
    await checkToolchain(steps);
    await installPackages(steps);
    // Side by side: cargo keeps one core busy, the others take turns on the next.
    await Promise.all([each(rustChecks(steps)), each(nodeChecks(steps))]);
    steps.summary();
    const failures = steps.failures;
    console.log(failures.length === 0 ? "All checks passed." : `Failed: ${failures.join(", ")}`);
    return failures.length === 0 ? 0 : 1;
  });
}
