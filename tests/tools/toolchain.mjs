// Checks for what npm cannot bring: git and Rust.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "./paths.mjs";
import { probe, run } from "./run.mjs";
import { Explained } from "./steps.mjs";

/** Throws, with the way to install it, when git is not there. */
export async function requireGit() {
  if (await probe("git", ["--version"])) return;
  throw new Explained(
    "git is missing. Install it (Debian and Ubuntu: apt install git; macOS: xcode-select --install) and run this again.",
  );
}

/** Throws, with the way to install it, when cargo is not there or is older than the workspace needs. */
export async function requireRust() {
  const wanted = /channel = "([\d.]+)"/.exec(await readFile(path.join(root, "rust-toolchain.toml"), "utf8"))[1];
  const install = "Install it from https://rustup.rs, open a new terminal and run this again.";
  let found;
  try {
    found = await run("cargo", ["--version"]);
  } catch (error) {
    if (!error.missing) throw new Explained(`Rust does not work here: \`cargo --version\` says\n${error.output}`);
    throw new Explained(`Rust ${wanted} is missing. ${install} rustup fetches the right version by itself.`);
  }
  const version = /^cargo (\d+\.\d+\.\d+)/.exec(found)?.[1];
  if (version && older(version, wanted)) {
    throw new Explained(`Rust ${wanted} or newer is needed and \`cargo\` on the PATH is ${version}. ${install}`);
  }
  return version;
}

function older(version, wanted) {
  const [a, b] = [version, wanted].map((text) => text.split(".").map(Number));
  const at = a.findIndex((part, index) => part !== b[index]);
  return at !== -1 && a[at] < b[at];
}
