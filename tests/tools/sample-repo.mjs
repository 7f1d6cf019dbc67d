// Makes a small, believable git repository to try Outrigger on: the same commits, to the hash, wherever it is made.
import { cp, mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run.mjs";
import { cleanEnvironment } from "./vscode-host.mjs";

const FILES = fileURLToPath(new URL("sample", import.meta.url));

const HISTORY = [
  { files: ["package.json", "README.md"], date: "2026-03-02T09:15:00Z", message: "Start the corner shop" },
  { files: ["src/greeting.ts"], date: "2026-03-03T10:40:00Z", message: "Greet people by name and time of day" },
  { files: ["src/cart.ts"], date: "2026-03-05T16:05:00Z", message: "Add up a cart with its discount" },
];

/** Makes the repository in `dir`, which must be empty or absent; resolves with `dir`. */
export async function makeSampleRepository(dir) {
  await mkdir(dir, { recursive: true });
  await git(dir, ["init", "--quiet", "--initial-branch=main"]);
  for (const { files, date, message } of HISTORY) {
    for (const file of files) await cp(path.join(FILES, file), path.join(dir, file), { recursive: true });
    await git(dir, ["add", ...files]);
    await git(dir, ["commit", "--quiet", "--message", message], date);
  }
  return dir;
}

function git(dir, args, date = HISTORY[0].date) {
  const who = ["Robin Sample", "robin@example.com"];
  const env = {
    ...cleanEnvironment(),
    ...{ GIT_AUTHOR_NAME: who[0], GIT_AUTHOR_EMAIL: who[1], GIT_AUTHOR_DATE: date },
    ...{ GIT_COMMITTER_NAME: who[0], GIT_COMMITTER_EMAIL: who[1], GIT_COMMITTER_DATE: date },
    // The person's own hooks, signing and line endings must not change what is made.
    ...{ GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
  };
  return run("git", ["-C", dir, ...args], { env });
}
