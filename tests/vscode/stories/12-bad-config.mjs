// A config.toml that makes codex exit: its own words and what to do, no crash loop, and a way back.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

export const title = "A config.toml that codex refuses is shown in codex's own words";
export const rare = true;

export default async function (story) {
  const { outrigger } = story;
  const file = path.join(story.codexHome, "config.toml");
  const good = await readFile(file, "utf8");
  const bad = good.replace(/^approval_policy = .*$/m, 'approval_policy = "untrusted"');
  await story.step("codex exits at once, and the view says what it said", async () => {
    assert.notEqual(bad, good);
    await writeFile(file, bad);
    await story.openWindow();
    await outrigger.show();
    await outrigger.view.filter({ hasText: "Codex is not running" }).waitFor();
    await outrigger.view.filter({ hasText: 'approval_policy = "untrusted" is no longer supported' }).waitFor();
    await outrigger.view.filter({ hasText: "config.toml" }).waitFor();
    await outrigger.statusBar.filter({ hasText: "Codex is not running" }).waitFor();
  });
  await story.shot("refused");
  await story.step("it is not started over and over", async () => {
    assert.deepEqual(await story.running("codex app-server"), []);
  });
  await story.step("once the file is mended, Restart works", async () => {
    await writeFile(file, good);
    await outrigger.button("Restart Codex").click();
    await outrigger.composerReady();
    await outrigger.statusBar.filter({ hasText: "Codex is not running" }).waitFor({ state: "hidden" });
    await outrigger.send("Say hello [[msg:Here I am.]]");
    await outrigger.says("Here I am.");
  });
}
