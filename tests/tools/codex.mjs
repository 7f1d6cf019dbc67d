// Which codex runs: the pinned native binary, and whether the person is signed in to Codex.
import { access, constants, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { exe } from "./paths.mjs";
import { probe } from "./run.mjs";
import { Explained } from "./steps.mjs";

const TRIPLES = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
  "win32-arm64": "aarch64-pc-windows-msvc",
};

/** The native codex binary that package-lock.json pins; not the Node launcher, which hides the child's pid. */
export async function pinnedCodex() {
  const platform = `${process.platform}-${process.arch}`;
  const triple = TRIPLES[platform];
  if (!triple) throw new Explained(`Codex has no build for ${platform}.`);
  const require = createRequire(import.meta.url);
  let home;
  try {
    home = path.dirname(require.resolve(`@openai/codex-${platform}/package.json`));
  } catch {
    throw new Explained(`@openai/codex-${platform} is not installed. Run: npm run setup`);
  }
  const binary = path.join(home, "vendor", triple, "bin", `codex${exe}`);
  await access(binary, constants.X_OK).catch(() => {
    throw new Explained(`${binary} is missing or not executable. Remove node_modules and run: npm run setup`);
  });
  return binary;
}

/** The CODEX_HOME that codex itself would use. */
export function codexHome(env = process.env) {
  return env.CODEX_HOME || path.join(os.homedir(), ".codex");
}

/**
 * How the person's Codex gets its answers, in words, or undefined when it cannot. Codex itself is asked whether it is
 * signed in: a sign-in may be in the system's keyring, and an API key in the environment is none to the app-server.
 */
export async function codexLogin(binary, env = process.env) {
  const home = codexHome(env);
  const config = await readFile(path.join(home, "config.toml"), "utf8").catch(() => "");
  const provider = /^\s*model_provider\s*=\s*"(.+)"/m.exec(config)?.[1];
  if (provider) return `your model provider ${provider}`;
  const there = await access(home).then(
    () => true,
    () => false,
  );
  const signedIn = there && (await probe(binary, ["login", "status"], { env }));
  return signedIn ? "your login" : undefined;
}

/** Whether an executable `codex` is on the given PATH. */
export async function codexOnPath(searched) {
  const names = process.platform === "win32" ? ["codex.exe", "codex.cmd"] : ["codex"];
  for (const dir of searched.split(path.delimiter).filter(Boolean)) {
    for (const name of names) {
      const there = await access(path.join(dir, name), constants.X_OK).then(
        () => true,
        () => false,
      );
      if (there) return true;
    }
  }
  return false;
}
