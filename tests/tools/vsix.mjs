// Packages the VS Code extension with the sidecar inside: extensions/vscode/outrigger-<platform>.vsix.
import { chmod, copyFile, mkdir, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { cargoBinary, exe, extensionDir, root } from "./paths.mjs";
import { npm } from "./run.mjs";
import { hashFiles, unlessStamped } from "./stamp.mjs";

// VS Code's name of a platform is Node's, but for Alpine, which we do not build for.
const target = `${process.platform}-${process.arch}`;

const NOT_SOURCES = new Set(["node_modules", "dist", "server", "test"]);

/** Packages what cargo built with `profile`; does nothing when neither the sidecar nor the extension changed. */
export function packageExtension(steps, profile) {
  return steps.step(`extension package (${target})`, async ({ exec, say }) => {
    const vsix = path.join(extensionDir, `outrigger-${target}.vsix`);
    const sidecar = cargoBinary("outrigger", profile);
    const built = await stat(sidecar);
    const inputs = [...(await sources(extensionDir)), path.join(root, "package-lock.json")];
    const hash = await hashFiles(inputs, sidecar, built.size, built.mtimeMs, await exists(vsix));
    const ran = await unlessStamped(path.join(root, "node_modules/.outrigger-vsix-stamp"), hash, async () => {
      const inside = path.join(extensionDir, "server", `outrigger${exe}`);
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
