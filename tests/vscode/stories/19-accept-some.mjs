// Accept these hunks only: the rest is taken out the moment the change lands, and Codex is told.
import assert from "node:assert/strict";

export const title = "Of a change that waits some hunks are accepted, and the others are not in the file";

export default async function (story) {
  const { outrigger, page } = story;
  const rows = page.locator(".quick-input-list .monaco-list-row");
  await story.step("a change of three hunks waits", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    await outrigger.send("Warm up the phrases [[file:three]]");
    await outrigger.lens("Choose…").waitFor();
    await story.shot("waiting");
    await outrigger.lens("Choose…").click();
    await rows.filter({ hasText: "See you soon" }).waitFor();
    assert.equal(await rows.count(), 3);
  });
  await story.step("one of them is not wanted", async () => {
    await rows.filter({ hasText: "People who come often" }).click();
    await page.locator('.quick-input-widget input[placeholder^="Accept 2 of 3"]').waitFor();
  });
  await story.shot("choose");
  await story.step("the others are in the file, and it is not", async () => {
    await page.locator(".quick-input-widget .monaco-button", { hasText: "OK" }).click();
    await story.written("src/greeting.ts", "See you soon!");
    await outrigger.says("The three phrases are warmer now");
    await outrigger.turnEnded();
    const text = await story.eventually("the refused hunk is out", async () => {
      const content = await story.onDisk("src/greeting.ts");
      return content.includes('return "The usual?";') && content;
    });
    assert.ok(text.includes("A very good"));
    assert.ok(!text.includes("People who come often"));
    await outrigger.nothingAsks();
  });
  await story.shot("accepted");
}
