// Bundles the extension host (CommonJS) and the webview (modules), and puts beside them what a webview may load.
import { build } from "esbuild";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const require = createRequire(import.meta.url);

await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, "webview"), { recursive: true });

const common = { absWorkingDir: here, bundle: true, minify: true, sourcemap: "linked", logLevel: "warning" };
const host = {
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  supported: { "dynamic-import": false },
};
/** What is loaded when it is first needed is a file of its own. */
const apart = {
  name: "apart",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/make$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./automations.cjs", external: true } : undefined,
    ),
};
await Promise.all([
  build({ ...common, ...host, entryPoints: ["src/main.ts"], outfile: join(dist, "extension.cjs"), plugins: [apart] }),
  build({ ...common, ...host, entryPoints: ["src/automations/make.ts"], outfile: join(dist, "automations.cjs") }),
  build({
    ...common,
    entryPoints: ["src/webview/main.ts", "src/webview/automation.ts"],
    outdir: join(dist, "webview"),
    // What is imported when it is needed, as the grammars are, becomes a file of its own.
    splitting: true,
    chunkNames: "[name]-[hash]",
    platform: "browser",
    target: "es2022",
    format: "esm",
  }),
]);

const icons = dirname(require.resolve("@vscode/codicons/dist/codicon.css"));
for (const file of ["codicon.css", "codicon.ttf"]) await copyFile(join(icons, file), join(dist, "webview", file));

// The pictures of the walkthrough are those of the documentation.
await mkdir(join(dist, "walkthrough"));
for (const file of ["question.png", "first-approval.png", "review.png"])
  await copyFile(join(here, "../../docs/images", file), join(dist, "walkthrough", file));
