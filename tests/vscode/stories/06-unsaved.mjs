// Codex writes to the file on disk: edits that are not saved are never lost to it, nor saved unasked.
import assert from "node:assert/strict";

export const title = "A change to a file with unsaved edits offers to save first";

export default async function (story) {
  const { outrigger, page } = story;
  const before = await story.onDisk("src/greeting.ts");
  await story.step("the person has unsaved edits", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    await page.locator(".editor-group-container.active .monaco-editor .view-lines").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("// My own words\n");
    await page.locator(".tab.active.dirty").waitFor();
  });
  await story.step("the lens says so and offers to save and accept", async () => {
    await outrigger.send("Be warmer [[file:warmer]]");
    await outrigger.cards.filter({ hasText: "unsaved edits" }).waitFor();
    await outrigger.lenses.filter({ hasText: "unsaved edits" }).first().waitFor();
    assert.equal(await outrigger.lenses.locator("a", { hasText: /^Accept/ }).count(), 0);
    assert.equal(await story.onDisk("src/greeting.ts"), before);
  });
  await story.shot("unsaved");
  await story.step("both the edits and the change are in the file", async () => {
    await outrigger.lens("Save and accept").click();
    await story.written("src/greeting.ts", "Welcome back");
    await story.written("src/greeting.ts", "// My own words");
    await outrigger.turnEnded();
    await outrigger.nothingAsks();
    await page.locator(".tab.active:not(.dirty)", { hasText: "greeting.ts" }).waitFor();
    await page
      .locator(".view-lines", { hasText: /Welcome\sback/ })
      .first()
      .waitFor();
  });
}
