// Brings up the installed VS Code on a folder, served to a browser on loopback, and ends all of it again.
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { ProcessTree } from "./process-tree.mjs";
import { run } from "./run.mjs";
import { Explained } from "./steps.mjs";
import { vscodeHost } from "./vscode-install.mjs";

const READY_MS = 60_000;

// Quiet, and the same on every machine. Chat is VS Code's own and would take a fifth of the window.
const SETTINGS = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "chat.disableAIFeatures": true,
  "git.openRepositoryInParentFolders": "never",
};

/**
 * Starts VS Code and resolves once it answers.
 *
 * `url` opens `folder`, and in it `file` (optional, absolute); `vsix` (optional) is installed first; `userDataDir` and
 * `extensionsDir` are made when missing; `port` 0 takes a free one; `home` (optional) stands for the person's home; `env`
 * is laid over the cleaned environment of this process; `settings` win over what the person sets in the window;
 * `workspaceTrust` true asks for trust as VS Code does, false trusts every folder; `which` is the installed VS Code.
 * Rejects with an `Explained` when the port is taken or the server does not come up.
 *
 * Resolves with `{ url, urlOf(folder, file?), configure(settings), port, logFile, processes(), died, stop() }`; `died`
 * resolves when the server ends without being told to. VS Code keeps the extension host alive after the page closes;
 * `stop()` ends the whole tree and rejects when anything of it remains.
 */
export async function startVscode({
  folder,
  file,
  vsix,
  userDataDir,
  extensionsDir,
  port = 0,
  home,
  env = {},
  settings = {},
  workspaceTrust = false,
  which = "host",
}) {
  const { node, entry } = vscodeHost(which);
  const ownDir = path.join(userDataDir, "server");
  await Promise.all([ownDir, extensionsDir].map((dir) => mkdir(dir, { recursive: true })));
  await writeSettings(userDataDir, settings);
  const config = path.join(ownDir, "config.yaml");
  await writeFile(config, "{}\n");
  const options = [
    ...["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--config", config],
    ...["--user-data-dir", userDataDir, "--extensions-dir", extensionsDir],
    ...["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override", "--disable-proxy"],
    ...(workspaceTrust ? [] : ["--disable-workspace-trust"]),
  ];
  const environment = { ...cleanEnvironment(), ...(home && homeVariables(home)), ...env };
  if (vsix) await run(node, [entry, ...options, "--install-extension", vsix, "--force"], { env: environment });

  const logFile = path.join(ownDir, "server.log");
  const log = await open(logFile, "w");
  const tree = new ProcessTree(node, [entry, ...options], {
    env: environment,
    stdio: ["ignore", log.fd, log.fd],
  });
  await log.close();
  try {
    const bound = await listening(tree, logFile, port);
    const urlOf = (dir, shown) => windowUrl(`127.0.0.1:${bound}`, dir, shown);
    return {
      url: urlOf(folder, file),
      urlOf,
      port: bound,
      logFile,
      configure: (changed) => writeSettings(userDataDir, changed, { personal: changed }),
      processes: () => tree.processes(),
      died: tree.died,
      stop: () => tree.stop(),
    };
  } catch (error) {
    await tree.stop();
    throw error;
  }
}

// The payload is VS Code's own way to have a window open files; its authority is the address that the page is read from.
function windowUrl(host, folder, file) {
  const inQuery = (text) =>
    encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",");
  const url = `http://${host}/?folder=${inQuery(folder)}`;
  return file
    ? `${url}&payload=${inQuery(JSON.stringify([["openFile", `vscode-remote://${host}${pathToFileURL(file).pathname}`]]))}`
    : url;
}

/** This process's environment without what npm, another VS Code or code-server's own switches would leak into it. */
export function cleanEnvironment(source = process.env) {
  const foreign =
    /^(npm_|VSCODE_|ELECTRON_|CODE_SERVER_|CS_|INIT_CWD$|NODE_OPTIONS$|PORT$|PASSWORD$|HASHED_PASSWORD$|LOG_LEVEL$)/;
  const kept = Object.entries(source).filter(([name]) => !foreign.test(name));
  // npm puts node_modules/.bin first on the PATH: a person's own codex must not be hidden by the pinned one.
  const own = (dir) => !/node_modules[\\/]\.bin$|node-gyp-bin$/.test(dir);
  const searched = (source.PATH ?? "").split(path.delimiter).filter(own).join(path.delimiter);
  return { ...Object.fromEntries(kept), PATH: searched };
}

// The person's own settings are begun once and then theirs. Ours are Machine settings: they win, and in a remote VS
// Code, which this is, settings of machine scope are read from nowhere else. Those of application scope are read from
// the person's alone, so `personal`, which is for tests, is laid over them.
async function writeSettings(userDataDir, settings, { personal } = {}) {
  const write = async (kind, content, flag) => {
    await mkdir(path.join(userDataDir, kind), { recursive: true });
    await writeFile(path.join(userDataDir, kind, "settings.json"), `${JSON.stringify(content, null, 2)}\n`, { flag });
  };
  await write("Machine", settings, "w");
  if (personal) return write("User", { ...SETTINGS, ...personal }, "w");
  await write("User", SETTINGS, "wx").catch((error) => {
    if (error.code !== "EEXIST") throw error;
  });
}

// code-server and VS Code leave small logs and caches in the home, wherever their data is.
function homeVariables(home) {
  const at = (...parts) => path.join(home, ...parts);
  return {
    HOME: home,
    XDG_CONFIG_HOME: at(".config"),
    XDG_DATA_HOME: at(".local/share"),
    XDG_CACHE_HOME: at(".cache"),
  };
}

async function listening(tree, logFile, port) {
  let ended;
  tree.exited.then(
    (how) => (ended = how),
    (error) => (ended = error.message),
  );
  for (const until = Date.now() + READY_MS; Date.now() < until; await delay(100)) {
    const log = await readFile(logFile, "utf8");
    if (log.includes("EADDRINUSE")) {
      throw new Explained(`Port ${port} is taken by another program. Choose another: npm start -- --port ${port + 1}`);
    }
    if (ended) throw new Explained(`VS Code's server ended (${ended}) before it was ready. Its log:\n${tail(log)}`);
    const bound = /server listening on http:\/\/127\.0\.0\.1:(\d+)/i.exec(log)?.[1];
    if (bound && (await answers(`http://127.0.0.1:${bound}/healthz`))) return Number(bound);
  }
  throw new Explained(`VS Code's server was not ready within ${READY_MS / 1000} s. Its log is ${logFile}`);
}

async function answers(url) {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}

function tail(text, lines = 20) {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
