// Where things are in the repository, for every tool.
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const exe = process.platform === "win32" ? ".exe" : "";

/** The VS Code extension's folder. */
export const extensionDir = path.join(root, "extensions/vscode");

/** What try-out keeps between starts: the sample, the editor's own data, a codex home. Not committed. */
export const tryoutDir = path.join(root, ".outrigger");

/** Cargo's output folder of one profile. */
export function cargoOutput(profile) {
  const target = process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
  return path.resolve(root, target, profile === "dev" ? "debug" : profile);
}

/** A binary that cargo built, by its name and profile. */
export function cargoBinary(name, profile) {
  return path.join(cargoOutput(profile), name + exe);
}
