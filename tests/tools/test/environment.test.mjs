import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { codexLogin } from "../codex.mjs";
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

test("a Codex login is a key in the environment or an auth.json in the codex home", async () => {
  const home = await mkdtemp(path.join(os.tmpdir(), "outrigger-login-"));
  const auth = path.join(home, "auth.json");
  assert.equal(await codexLogin({ CODEX_HOME: home }), undefined);
  assert.equal(await codexLogin({ CODEX_HOME: home, OPENAI_API_KEY: "" }), undefined);
  assert.equal(await codexLogin({ CODEX_HOME: home, OPENAI_API_KEY: "k" }), "OPENAI_API_KEY");
  await writeFile(auth, "{}");
  assert.equal(await codexLogin({ CODEX_HOME: home }), auth);
  await rm(home, { recursive: true });
});
