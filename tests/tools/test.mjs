// npm test: everything from nothing. Installs, checks, Rust tests, extension tests, stories in a real VS Code, a
// foreign LSP client. Each step's time is printed; the last line is the sum of all runners.
import { access, readdir } from "node:fs/promises";
import path from "node:path";
import { each, nodeChecks, rustChecks } from "./check.mjs";
import { requireChromium } from "./chromium.mjs";
import { pinnedCodex } from "./codex.mjs";
import { main } from "./lifetime.mjs";
import { cargoBinary, extensionDir, root } from "./paths.mjs";
import { probe } from "./run.mjs";
import { checkToolchain, installPackages } from "./setup.mjs";
import { hashFiles, unlessStamped } from "./stamp.mjs";
import { Steps, StepFailed } from "./steps.mjs";
import { Tally } from "./tally.mjs";
import { installVscode } from "./vscode-install.mjs";
import { buildZedExtension, buildZedHost, zedHostTests } from "./zed.mjs";

const PROFILE = "dev";
const lspClientDir = path.join(root, "tests/lsp-client");
const venvPython = path.join(lspClientDir, ".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");

await main(async () => {
  if (process.argv.includes("--all")) process.env.OUTRIGGER_TEST_ALL = "1";
  const steps = new Steps();
  const tally = new Tally();
  await runAll(steps, tally).catch((error) => {
    // Printed already, and in the sums below.
    if (!(error instanceof StepFailed)) throw error;
  });
  steps.summary();
  for (const name of steps.failures) {
    console.log(`  failed: ${name}`);
    // A check or an install that fails is a failure too, though no runner counts it.
    if (!tally.counted.has(name)) tally.fail();
  }
  console.log(`${tally}`);
  return tally.failed === 0 ? 0 : 1;
});

async function runAll(steps, tally) {
  await checkToolchain(steps);
  // cargo and npm side by side: one computes while the other downloads. Tests of time-outs want the machine for
  // themselves, so the editor's come after Rust's.
  const packages = installPackages(steps);
  await Promise.all([
    each([...rustChecks(steps), () => buildRust(steps)]),
    each([() => packages, ...nodeChecks(steps), () => toolTests(steps, tally), () => extensionTests(steps, tally)]),
    each([() => installVscode(steps), () => requireChromium(steps), () => lspClientVenv(steps)]),
  ]);
  await each([
    () => rustTests(steps, tally),
    () => acpTests(steps, tally),
    () => zedExtension(steps, tally),
    () => webviewTests(steps, tally),
    () => stories(steps, tally),
    () => floorStories(steps, tally),
    () => lspClientTests(steps, tally),
    () => editorTests(steps, tally),
  ]);
}

/** Runs a step whose output a runner's counts are read from. */
async function counted(steps, tally, name, runner, command, args, { cwd, env } = {}) {
  const work = async ({ exec }) => exec(command, args, { cwd, env: { ...(await testEnvironment()), ...env } });
  try {
    tally.read(name, runner, await steps.step(name, work), true);
  } catch (error) {
    if (error instanceof StepFailed) tally.read(name, runner, error.cause.output ?? "", false);
    throw error;
  }
}

/** Binaries and tests in one go: apart, features that only tests switch on would build the dependencies twice. */
function buildRust(steps) {
  return steps.step("cargo build", ({ exec }) => exec("cargo", ["build", "--workspace", "--all-targets", "--quiet"]));
}

async function rustTests(steps, tally) {
  if (await probe("cargo", ["nextest", "--version"])) {
    const args = ["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests", "pass", "--status-level", "fail"];
    return counted(steps, tally, "cargo nextest", "nextest", "cargo", args);
  }
  return counted(steps, tally, "cargo test", "cargo", "cargo", ["test", "--workspace", "--no-fail-fast"]);
}

async function toolTests(steps, tally) {
  const dir = path.join(root, "tests/tools/test");
  const files = (await readdir(dir)).filter((name) => name.endsWith(".test.mjs")).map((name) => path.join(dir, name));
  const args = ["--test", "--test-timeout=60000", ...files];
  return counted(steps, tally, "tool tests", "node", process.execPath, args);
}

/** Whole sessions of `outrigger acp`, driven by the protocol's own SDK. */
function acpTests(steps, tally) {
  const args = ["--test", "--test-timeout=60000", path.join(root, "tests/acp/session.test.mjs")];
  return counted(steps, tally, "ACP client tests", "node", process.execPath, args);
}

async function zedExtension(steps, tally) {
  const built = await buildZedExtension(steps);
  if (process.env.OUTRIGGER_TEST_ALL !== "1") return;
  if (!built) return steps.skip("Zed extension in a host", "the extension was not built");
  await buildZedHost(steps);
  const { command, args, cwd, env } = zedHostTests();
  await counted(steps, tally, "Zed extension in a host", "cargo", command, args, { cwd, env });
}

function extensionTests(steps, tally) {
  const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
  return counted(steps, tally, "extension unit tests", "vitest", process.execPath, [vitest, "run"], {
    cwd: extensionDir,
  });
}

function webviewTests(steps, tally) {
  const args = [path.join(root, "tests/vscode/webview/run.mjs")];
  return counted(steps, tally, "the webview in a browser", "stories", process.execPath, args);
}

function stories(steps, tally) {
  const args = [path.join(root, "tests/vscode/run.mjs")];
  return counted(steps, tally, "stories in VS Code", "stories", process.execPath, args);
}

/** The smoke in the oldest VS Code that the extension says it runs in. */
async function floorStories(steps, tally) {
  if (process.env.OUTRIGGER_TEST_ALL !== "1") return;
  const args = [path.join(root, "tests/vscode/run.mjs"), "--floor"];
  await counted(steps, tally, "stories in VS Code 1.100", "stories", process.execPath, args);
}

async function lspClientVenv(steps) {
  if (!(await exists(lspClientDir))) return;
  await steps.step("Python packages of the LSP client", async ({ exec, say }) => {
    const python = (await probe("python3", ["--version"])) ? "python3" : "python";
    const requirements = path.join(lspClientDir, "requirements.txt");
    const venv = path.join(lspClientDir, ".venv");
    const hash = await hashFiles([requirements], await probe(python, ["--version"]));
    const ran = await unlessStamped(path.join(venv, ".outrigger-stamp"), hash, async () => {
      await exec(python, ["-m", "venv", "--clear", venv]);
      await exec(venvPython, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
    });
    if (!ran) say("nothing changed");
  });
}

async function lspClientTests(steps, tally) {
  if (!(await exists(lspClientDir))) return steps.skip("LSP client tests", "tests/lsp-client does not exist");
  const args = ["-m", "pytest", "-q", "-p", "no:cacheprovider"];
  return counted(steps, tally, "LSP client tests", "pytest", venvPython, args, { cwd: lspClientDir });
}

/** Debian's own editors, by their documented configuration. They are installed where this is root's Debian. */
async function editorTests(steps, tally) {
  if (process.env.OUTRIGGER_TEST_ALL !== "1") return;
  const wanted = { nvim: ["neovim"], emacs: ["emacs-nox", "elpa-eglot"] };
  const missing = [];
  for (const [program, packages] of Object.entries(wanted)) {
    if (await probe(program, ["--version"])) continue;
    if (process.getuid?.() === 0 && (await probe("apt-get", ["--version"]))) {
      await steps.step(`${program} from Debian`, async ({ exec }) => {
        await exec("apt-get", ["update", "--quiet"]);
        for (const name of packages) await exec("apt-get", ["install", "--yes", "--no-install-recommends", name]);
      });
    } else {
      missing.push(program);
    }
  }
  if (missing.length > 0)
    steps.skip(`${missing.join(" and ")} with its own LSP client`, "not installed, and not root's Debian");
  const args = ["--test", "--test-timeout=180000", path.join(root, "tests/editors/editors.test.mjs")];
  await counted(steps, tally, "editors with their own LSP clients", "node", process.execPath, args);
}

/** Where the tests of every language find the binaries. */
async function testEnvironment() {
  return {
    ...process.env,
    OUTRIGGER_BINARY: cargoBinary("outrigger", PROFILE),
    OUTRIGGER_SCRIPTED_MODEL: cargoBinary("scripted-model", PROFILE),
    OUTRIGGER_CODEX: await pinnedCodex(),
  };
}

async function exists(file) {
  return access(file).then(
    () => true,
    () => false,
  );
}
