// npm start: Outrigger in a real VS Code in the browser, on a sample repository or on the folder given.
import { spawn } from "node:child_process";
import { rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { codexHome, codexLogin, codexOnPath, pinnedCodex } from "./codex.mjs";
import { beforeExit, exit, main } from "./lifetime.mjs";
import { cargoBinary, tryoutDir } from "./paths.mjs";
import { makeSampleRepository } from "./sample-repo.mjs";
import { startScriptedModel } from "./scripted-model.mjs";
import { checkToolchain, installPackages } from "./setup.mjs";
import { Explained, Steps } from "./steps.mjs";
import { cleanEnvironment, startVscode } from "./vscode-host.mjs";
import { installVscode, vscodeHost } from "./vscode-install.mjs";
import { packageExtension } from "./vsix.mjs";

const PORT = 8737;
const USAGE = `npm start [-- [path] [--port N] [--scripted] [--no-open]]

  path        the folder to open; without it a small sample repository
  --port N    the port on 127.0.0.1, ${PORT} without it; 0 takes a free one
  --scripted  play the scripted model, also when Codex is signed in
  --no-open   do not open the browser`;

await main(async () => {
  const options = await readArguments(process.argv.slice(2));
  if (!options) return console.log(USAGE);
  vscodeHost();
  await requireFreePort(options.port);
  const steps = new Steps();

  await checkToolchain(steps);
  await Promise.all([installPackages(steps), installVscode(steps), buildBinaries(steps)]);
  const vsix = await packageExtension(steps, "release");
  const folder = options.folder ?? (await sampleRepository(steps));
  const login = options.scripted ? undefined : await codexLogin(await pinnedCodex());
  const codex = login ? await ownCodex() : await scriptedCodex(steps);
  const vscode = await steps.step("VS Code", () =>
    startVscode({
      folder,
      // The first approval changes this file: it is seen at its lines when the file is open.
      file: options.folder ? undefined : path.join(folder, "src/greeting.ts"),
      vsix,
      userDataDir: path.join(tryoutDir, "vscode"),
      extensionsDir: path.join(tryoutDir, "extensions"),
      port: options.port,
      ...codex,
    }),
  );
  beforeExit("VS Code", () => vscode.stop());
  vscode.died.then((how) => {
    console.error(`VS Code's server ended (${how}). Its log is ${vscode.logFile}`);
    return exit(1);
  });

  steps.summary();
  console.log(`  Open      ${vscode.url}`);
  console.log(`  Folder    ${folder}`);
  console.log(
    `  Codex     ${login ? `the real one, by ${login} and your own policy` : "a scripted model: any prompt plays a small story, offline"}`,
  );
  console.log("  Then      type a prompt in the Outrigger view, at the left");
  console.log("  Stop      Ctrl-C here; it leaves no process behind\n");
  if (options.open) openBrowser(vscode.url);
  await new Promise(() => {});
});

async function readArguments(args) {
  const wrong = (message) => new Explained(`${message}\n\n${USAGE}`);
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        port: { type: "string" },
        scripted: { type: "boolean" },
        "no-open": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw wrong(error.message);
  }
  const { values, positionals } = parsed;
  if (values.help) return undefined;
  if (positionals.length > 1) throw wrong(`One folder, not ${positionals.length}: ${positionals.join(", ")}`);
  const port = Number(values.port ?? PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw wrong(`--port ${values.port} is not a port.`);
  // npm runs us in the repository's root; the path was meant from where the person is.
  const folder = positionals[0] && path.resolve(process.env.INIT_CWD ?? process.cwd(), positionals[0]);
  if (folder) {
    const found = await stat(folder).catch(() => undefined);
    if (!found?.isDirectory()) throw wrong(`${folder} is not a folder.`);
  }
  return { port, folder, scripted: values.scripted, open: !values["no-open"] };
}

/** Says so before minutes of building, not after. */
async function requireFreePort(port) {
  const server = createServer();
  const free = await new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (!free) {
    throw new Explained(
      `Port ${port} is taken, perhaps by another \`npm start\`. Stop that, or choose a port: npm start -- --port 0`,
    );
  }
  await new Promise((resolve) => server.close(resolve));
}

function buildBinaries(steps) {
  return steps.step("cargo build --release", ({ exec }) =>
    exec("cargo", ["build", "--release", "-p", "outrigger", "-p", "scripted-model"]),
  );
}

async function sampleRepository(steps) {
  const dir = path.join(tryoutDir, "sample");
  const whole = await stat(path.join(dir, ".git/refs/heads/main")).catch(() => undefined);
  if (whole) return dir;
  return steps.step("sample repository", async () => {
    await rm(dir, { recursive: true, force: true });
    return makeSampleRepository(dir);
  });
}

/** The person's own codex, home and policy; the pinned binary only when no `codex` is on the PATH. */
async function ownCodex() {
  const env = { CODEX_HOME: codexHome() };
  if (await codexOnPath(cleanEnvironment().PATH)) return { env };
  return { env, settings: { "outrigger.codex.path": await pinnedCodex() } };
}

/** The pinned codex on a home of its own, talking to the scripted model, asking before everything. */
async function scriptedCodex(steps) {
  const home = path.join(tryoutDir, "codex-home");
  const model = await steps.step("scripted model", () =>
    startScriptedModel({
      binary: cargoBinary("scripted-model", "release"),
      codexHome: home,
      args: ["--story"],
      env: cleanEnvironment(),
    }),
  );
  beforeExit("the scripted model", () => model.stop());
  model.died.then((how) =>
    console.error(`The scripted model ended (${how}); turns will fail until npm start runs anew.`),
  );
  return {
    env: { CODEX_HOME: home, OUTRIGGER_HOME: path.join(tryoutDir, "state") },
    settings: { "outrigger.codex.path": await pinnedCodex(), "outrigger.thread.approvalPolicy": "untrusted" },
  };
}

function openBrowser(url) {
  const { DISPLAY, WAYLAND_DISPLAY, CI } = process.env;
  const mac = os.platform() === "darwin";
  if (CI || !(mac || DISPLAY || WAYLAND_DISPLAY)) return;
  const browser = spawn(mac ? "open" : "xdg-open", [url], { env: cleanEnvironment(), stdio: "ignore", detached: true });
  browser.on("error", () => {});
  browser.unref();
}
