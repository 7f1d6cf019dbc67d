// Packages the VS Code extension with the sidecar inside: extensions/vscode/outrigger-<platform>.vsix.
import { chmod, copyFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { cargoBinary, extensionDir, root } from "./paths.mjs";
import { npm } from "./run.mjs";
import { hashFiles, unlessStamped } from "./stamp.mjs";

/** VS Code's names of platforms. Its Linux ones take the program that is linked to musl, as Alpine does. */
export const TARGETS = [
  "linux-x64",
  "linux-arm64",
  "alpine-x64",
  "alpine-arm64",
  "darwin-x64",
  "darwin-arm64",
  "win32-x64",
  "win32-arm64",
];
/** But for Alpine they are Node's. */
const here = `${process.platform}-${process.arch}`;

const NOT_SOURCES = new Set(["node_modules", "dist", "server", "test"]);

/**
 * Packages what cargo built with `profile`, or `sidecar` for the platform `target`; does nothing when neither the sidecar
 * nor the extension changed. Resolves with the package's file.
 */
export function packageExtension(steps, profile, { target = here, sidecar = cargoBinary("outrigger", profile) } = {}) {
  return steps.step(`extension package (${target})`, async ({ exec, say }) => {
    const vsix = path.join(extensionDir, `outrigger-${target}.vsix`);
    const built = await stat(sidecar);
    const inputs = [...(await sources(extensionDir)), path.join(root, "package-lock.json")];
    const hash = await hashFiles(inputs, vsix, sidecar, built.size, built.mtimeMs, await exists(vsix));
    const ran = await unlessStamped(path.join(root, "node_modules/.outrigger-vsix-stamp"), hash, async () => {
      const inside = path.join(extensionDir, "server", `outrigger${target.startsWith("win32") ? ".exe" : ""}`);
      await rm(path.dirname(inside), { recursive: true, force: true });
      await mkdir(path.dirname(inside), { recursive: true });
      await copyFile(sidecar, inside);
      await chmod(inside, 0o755);
      const [command, first] = npm();
      await exec(command, [...first, "run", "build"], { cwd: extensionDir });
      const vsce = path.join(root, "node_modules/@vscode/vsce/vsce");
      const options = [
        "--no-dependencies",
        "--target",
        target,
        "--out",
        vsix,
        "--skip-license",
        "--allow-missing-repository",
      ];
      await exec(process.execPath, [vsce, "package", ...options], { cwd: extensionDir });
    });
    if (!ran) say("nothing changed");
    return vsix;
  });
}

async function sources(dir) {
  const entries = await readdir(dir, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => !NOT_SOURCES.has(entry.name) && !entry.name.endsWith(".vsix"))
      .map((entry) => {
        const file = path.join(dir, entry.name);
        return entry.isDirectory() ? sources(file) : [file];
      }),
  );
  return found.flat().sort();
}

async function exists(file) {
  return stat(file).then(
    () => true,
    () => false,
  );
}
