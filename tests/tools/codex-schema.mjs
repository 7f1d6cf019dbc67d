// Renews the vendored schema of the codex app-server and says what drifted.
//
//   npm run codex:schema                  write it from the pinned codex
//   npm run codex:schema -- --check       compare only; exit code 1 on a difference
//   npm run codex:schema -- --codex PATH  use another codex binary (with --check: a look at its drift)
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const REPAIR = "npm run codex:schema";
const SCHEMA = "server/schema/codex/protocol.json";
const VERSION = "server/schema/codex/VERSION";
const METHODS = "server/src/codex/contract_methods.rs";

/** The unions that list every method, and how the generated Rust names and explains them. */
const UNIONS = [
  { union: "ClientRequest", label: "client request", name: "CLIENT_REQUESTS", doc: "Requests that a client may send." },
  { union: "ServerRequest", label: "server request" },
  {
    union: "ServerNotification",
    label: "notification",
    name: "NOTIFICATIONS",
    doc: "Notifications that the app-server sends.",
  },
  { union: "ClientNotification", label: "client notification" },
];

/** The target triple in the platform package of each platform that codex is built for. */
const TARGETS = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
  "win32-arm64": "aarch64-pc-windows-msvc",
};

/** The native binary of the pinned codex: the node launcher would hide its exit code and cost a start. */
function pinnedCodex() {
  const platform = `${process.platform}-${process.arch}`;
  const target = TARGETS[platform];
  if (!target) throw new Error(`codex is not published for ${platform}; give a binary with --codex PATH`);
  const find = createRequire(join(ROOT, "package.json"));
  let manifest;
  try {
    manifest = find.resolve(`@openai/codex-${platform}/package.json`);
  } catch {
    throw new Error(`@openai/codex-${platform} is not installed; run npm install --ignore-scripts`);
  }
  const file = process.platform === "win32" ? "codex.exe" : "codex";
  return join(dirname(manifest), "vendor", target, "bin", file);
}

/** Runs `codex`, in a home of its own, for the schema with experimental methods and for its version. */
function generate(codex) {
  const scratch = mkdtempSync(join(tmpdir(), "outrigger-schema-"));
  try {
    const home = join(scratch, "home");
    mkdirSync(home);
    // stderr is dropped: a home under the temp directory makes codex warn, which says nothing of the schema.
    const run = (...args) =>
      execFileSync(codex, args, {
        env: { ...process.env, CODEX_HOME: home },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
        timeout: 60_000,
      });
    const version = run("--version").trim().split(" ").at(-1);
    run("app-server", "generate-json-schema", "--experimental", "--out", join(scratch, "schema"));
    const bundle = readFileSync(join(scratch, "schema", "codex_app_server_protocol.schemas.json"), "utf8");
    return { version, schema: JSON.parse(bundle) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The same value with the keys of every object in order, so that two runs give the same bytes. */
function ordered(value) {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, ordered(value[key])]),
  );
}

function methodsOf(schema, union) {
  const variants = schema.definitions[union]?.oneOf ?? [];
  return variants.map((variant) => variant.properties.method.enum[0]).sort();
}

/** The contents of the files that are checked in. */
function render({ version, schema }) {
  const lists = UNIONS.filter(({ name }) => name).map(({ union, name, doc }) => {
    const lines = methodsOf(schema, union).map((method) => `    ${JSON.stringify(method)},\n`);
    return `/// ${doc} Sorted.\npub const ${name}: &[&str] = &[\n${lines.join("")}];\n`;
  });
  const header = `//! The methods of codex ${version}. Written by \`${REPAIR}\`; not edited by hand.\n`;
  return new Map([
    [SCHEMA, `${JSON.stringify(ordered(schema), null, 1)}\n`],
    [VERSION, `${version}\n`],
    [METHODS, [header, ...lists].join("\n")],
  ]);
}

/** Every string that the schema allows somewhere, by the place: `AskForApproval`, `ThreadItem.type`, … */
function enumsOf(schema) {
  const places = new Map();
  const allow = (place, value) => {
    if (!places.has(place)) places.set(place, new Set());
    places.get(place).add(value);
  };
  const visit = (node, place) => {
    if (node === null || typeof node !== "object") return;
    for (const value of node.enum ?? []) allow(place, String(value));
    for (const variant of [...(node.oneOf ?? []), ...(node.anyOf ?? []), ...(node.allOf ?? [])]) {
      // An externally tagged variant: an object whose one required key is the value's name.
      if (variant.additionalProperties === false && variant.required?.length === 1) allow(place, variant.required[0]);
      visit(variant, place);
    }
    for (const [name, property] of Object.entries(node.properties ?? {})) visit(property, `${place}.${name}`);
    visit(node.items, `${place}[]`);
    visit(node.additionalProperties, `${place}{}`);
  };
  const { v2 = {}, ...top } = schema.definitions;
  const unions = new Set(UNIONS.map(({ union }) => union));
  for (const [name, definition] of Object.entries({ ...v2, ...top })) {
    if (!unions.has(name)) visit(definition, name);
  }
  return places;
}

/** `- label old` and `+ label new` for what is in one collection only. */
function difference(label, before, after) {
  const [old, now] = [new Set(before), new Set(after)];
  return [
    ...[...old].filter((entry) => !now.has(entry)).map((entry) => `- ${label} ${entry}`),
    ...[...now].filter((entry) => !old.has(entry)).map((entry) => `+ ${label} ${entry}`),
  ];
}

/** What a person has to look at when the schema changes, one line each. */
function drift(before, after) {
  const [old, now] = [enumsOf(before), enumsOf(after)];
  const places = [...now.keys()].filter((place) => old.has(place)).sort();
  const definitions = (schema) => Object.keys({ ...schema.definitions, ...schema.definitions.v2 });
  return [
    ...UNIONS.flatMap(({ union, label }) => difference(label, methodsOf(before, union), methodsOf(after, union))),
    ...places.flatMap((place) => difference(`enum ${place}:`, old.get(place), now.get(place))),
    ...difference("definition", definitions(before), definitions(after)),
  ];
}

function readOrNull(path) {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

function main() {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, codex: { type: "string" } } });
  const generated = generate(values.codex ?? pinnedCodex());
  const files = render(generated);
  const stale = [...files.keys()].filter((path) => readOrNull(path) !== files.get(path));
  const vendored = readOrNull(SCHEMA);
  const empty = { definitions: {} };
  const changes = drift(vendored ? JSON.parse(vendored) : empty, generated.schema);

  if (stale.length === 0) {
    console.log(`The vendored schema is that of codex ${generated.version}.`);
    return 0;
  }
  const from = readOrNull(VERSION)?.trim() ?? "nothing";
  console.log(`codex ${from} -> ${generated.version}: ${changes.length} changes of methods, enums and definitions`);
  for (const line of changes) console.log(line);
  if (values.check) {
    console.log(`Not as checked in: ${stale.join(", ")}\nRepair it with: ${REPAIR}`);
    return 1;
  }
  for (const path of stale) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), files.get(path));
    console.log(`wrote ${path}`);
  }
  return 0;
}

process.exitCode = main();
