import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { codexLogin, pinnedCodex } from "../codex.mjs";
import { cleanEnvironment } from "../vscode-host.mjs";

test("what npm and another VS Code left in the environment does not reach ours", () => {
  const dirs = ["/repo/node_modules/.bin", "/usr/lib/node_modules/npm/node-gyp-bin", "/home/robin/bin", "/usr/bin"];
  const source = {
    HOME: "/home/robin",
    PATH: dirs.join(path.delimiter),
    INIT_CWD: "/repo",
    npm_lifecycle_event: "start",
    NODE_OPTIONS: "--inspect",
    VSCODE_IPC_HOOK_CLI: "/run/ipc.sock",
    CODE_SERVER_PARENT_PID: "1",
    PASSWORD: "x",
    PORT: "80",
    IMPORTANT_PORT: "81",
  };
  assert.deepEqual(cleanEnvironment(source), {
    HOME: "/home/robin",
    PATH: ["/home/robin/bin", "/usr/bin"].join(path.delimiter),
    IMPORTANT_PORT: "81",
  });
});

test("Codex answers by its own login or a provider of its own, and not by a key in the environment", async () => {
  const codex = await pinnedCodex();
  const home = await mkdtemp(path.join(os.tmpdir(), "outrigger-login-"));
  const env = { PATH: process.env.PATH, HOME: home, CODEX_HOME: home, OPENAI_API_KEY: "sk-x", CODEX_API_KEY: "sk-x" };
  assert.equal(await codexLogin(codex, { ...env, CODEX_HOME: path.join(home, "absent") }), undefined);
  assert.equal(await codexLogin(codex, env), undefined);

  await writeFile(path.join(home, "auth.json"), '{ "OPENAI_API_KEY": "sk-x" }');
  assert.equal(await codexLogin(codex, env), "your login");

  await writeFile(path.join(home, "config.toml"), 'model = "m"\nmodel_provider = "local"\n');
  assert.equal(await codexLogin(codex, env), "your model provider local");
  await rm(home, { recursive: true });
});
