// The Zed extension: built as Zed builds it, its sections checked; and, in the whole suite, run in a host of our own.
import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { cargoOutput, root } from "./paths.mjs";
import { probe } from "./run.mjs";
import { Explained } from "./steps.mjs";

const TARGET = "wasm32-wasip2";
const API_VERSION = [0, 7, 0];
const extension = path.join(root, "extensions/zed");
const host = path.join(root, "tests/zed-host");
// Beside cargo's other output: caches of one are caches of the other.
const output = path.join(cargoOutput("dev"), "../zed-extension");
const component = path.join(output, "outrigger.wasm");
const tested = path.join(output, "outrigger-tested.wasm");

/** Builds the component and checks it; resolves with whether there is one. Without the target the step is skipped by name. */
export async function buildZedExtension(steps) {
  if (!(await hasTarget())) {
    steps.skip("Zed extension", `rustup has no target ${TARGET} and cannot add it`);
    return false;
  }
  await steps.step("Zed extension", async ({ exec, say }) => {
    await exec("cargo", ["fmt", "--check"], { cwd: extension });
    await exec("cargo", ["fmt", "--check"], { cwd: host });
    await build(exec, component);
    const found = apiVersion(await readFile(component));
    if (String(found) !== String(API_VERSION)) {
      throw new Explained(`zed:api-version is ${found ?? "missing"}, and Zed wants ${API_VERSION}`);
    }
    say(`zed:api-version ${found.join(".")}`);
  });
  return true;
}

/** Builds what the host's tests run. */
export function buildZedHost(steps) {
  return steps.step("Zed extension in a host: build", async ({ exec }) => {
    const lint = ["clippy", "--quiet", "--locked", "--target-dir"];
    await exec("cargo", [...lint, output, "--target", TARGET, "--release", "--", "-D", "warnings"], { cwd: extension });
    await build(exec, tested, { OUTRIGGER_ZED_RELEASE: path.join(host, "release.txt") });
    await exec("cargo", ["test", "--quiet", "--no-run", ...hostOutput], { cwd: host });
  });
}

/** The command that runs the host's tests, for a runner that counts them. */
export function zedHostTests() {
  return {
    command: "cargo",
    args: ["test", "--quiet", "--no-fail-fast", ...hostOutput],
    cwd: host,
    env: { OUTRIGGER_ZED_COMPONENT: component, OUTRIGGER_ZED_TESTED: tested },
  };
}

const hostOutput = ["--locked", "--target-dir", path.join(cargoOutput("dev"), "../zed-host")];

async function hasTarget() {
  const installed = await probe("rustup", ["target", "list", "--installed"], { cwd: extension });
  if (installed === undefined) return false;
  if (installed.split("\n").includes(TARGET)) return true;
  return (await probe("rustup", ["target", "add", TARGET], { cwd: extension })) !== undefined;
}

async function build(exec, to, more = {}) {
  const args = ["build", "--quiet", "--locked", "--release", "--target", TARGET, "--target-dir", output];
  await exec("cargo", args, { cwd: extension, env: { ...process.env, ...more } });
  await mkdir(output, { recursive: true });
  await copyFile(path.join(output, TARGET, "release/outrigger_zed.wasm"), to);
}

/** The three numbers of the section that Zed requires, in the component or in a module of it. */
export function apiVersion(bytes) {
  // Magic and version, then sections: an id, a length, and that many bytes.
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at];
    const [length, start] = number(bytes, at + 1);
    const body = bytes.subarray(start, start + length);
    const found = id === 0 ? version(body) : id === 1 && isModule(body) ? apiVersion(body) : undefined;
    if (found) return found;
    at = start + length;
  }
  return undefined;
}

function isModule(body) {
  return body.subarray(0, 4).toString("latin1") === "\0asm";
}

function version(body) {
  const [length, start] = number(body, 0);
  if (body.subarray(start, start + length).toString("latin1") !== "zed:api-version") return undefined;
  const data = body.subarray(start + length);
  return data.length === 6 ? [0, 2, 4].map((index) => data.readUInt16BE(index)) : undefined;
}

/** An unsigned LEB128, and where what follows it begins. */
function number(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7, at += 1) {
    value += (bytes[at] & 0x7f) * 2 ** shift;
    if (bytes[at] < 0x80) return [value, at + 1];
  }
}
