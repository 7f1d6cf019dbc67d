import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { run } from "../run.mjs";
import { makeSampleRepository } from "../sample-repo.mjs";

test("the sample is a clean repository of three commits, the same each time", async () => {
  const dir = await mkdtemp(path.join(os.tmpdir(), "outrigger-sample-"));
  const [one, two] = await Promise.all(["one", "two"].map((name) => makeSampleRepository(path.join(dir, name))));

  const log = await run("git", ["-C", one, "log", "--format=%H %an %aI %s"]);
  assert.equal(log, await run("git", ["-C", two, "log", "--format=%H %an %aI %s"]));
  assert.deepEqual(
    log
      .trim()
      .split("\n")
      .map((line) => line.slice(41)),
    [
      "Robin Sample 2026-03-05T16:05:00Z Add up a cart with its discount",
      "Robin Sample 2026-03-03T10:40:00Z Greet people by name and time of day",
      "Robin Sample 2026-03-02T09:15:00Z Start the corner shop",
    ],
  );
  assert.equal(await run("git", ["-C", one, "status", "--porcelain"]), "");
  await rm(dir, { recursive: true });
});
