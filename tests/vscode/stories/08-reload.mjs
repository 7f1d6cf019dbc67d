// A window that is reloaded shows the thread again, and nothing that is no longer true.
import assert from "node:assert/strict";

export const title = "A reload of the window shows the thread again, and nothing hangs";

export default async function (story) {
  const { outrigger, page } = story;
  const before = await story.onDisk("src/greeting.ts");
  await story.step("a change waits", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    await outrigger.send("Be warmer [[file:warmer]]");
    await outrigger.lens("Accept").waitFor();
  });
  await story.step("the window is reloaded and shows the thread", async () => {
    await page.reload();
    await outrigger.says("I will greet people who come back");
    await outrigger.composerReady();
  });
  await story.step("the app-server that asked is gone, and so is what it asked", async () => {
    await outrigger.transcript.filter({ hasText: "Interrupted" }).waitFor();
    await outrigger.nothingAsks();
    assert.equal(await story.onDisk("src/greeting.ts"), before);
    await story.eventually("one app-server runs", async () => (await story.running("codex app-server")).length === 1);
  });
  await story.shot("reloaded");
  await story.step("Continue takes the work up again", async () => {
    await outrigger.continueTurn();
    await outrigger.nothingAsks();
  });
}
