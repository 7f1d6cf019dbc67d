// Remembers what an installed folder was made from, so that a step with nothing to do takes no time.
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";

/** A hash over the content of files, in the order given. A missing file counts as empty. */
export async function hashFiles(files, ...more) {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(file).update("\0");
    hash.update(await readFile(file).catch(() => "")).update("\0");
  }
  for (const text of more) hash.update(String(text)).update("\0");
  return hash.digest("hex");
}

/**
 * Runs `work` unless the stamp file already holds `hash`; resolves with whether it ran. The stamp goes away
 * first, so that a step cut short is done again.
 */
export async function unlessStamped(stampFile, hash, work) {
  const found = await readFile(stampFile, "utf8").catch(() => "");
  if (found === hash) return false;
  await rm(stampFile, { force: true });
  await work();
  await writeFile(stampFile, hash);
  return true;
}
