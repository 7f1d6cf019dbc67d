// A turn as a whole: reviewed in one diff and undone, also what its commands did, and the undo taken back.
import assert from "node:assert/strict";

export const title = "A turn is reviewed in one diff and undone whole, what its commands did included";

export default async function (story) {
  const { outrigger, page } = story;
  await story.step("a turn changes a file, and two more by a command", async () => {
    await story.openWindow();
    await outrigger.open();
    await outrigger.send("Prices in EUR, please [[file:tidy]]");
    await outrigger.cards.filter({ hasText: "greeting.ts" }).waitFor();
    await outrigger.button("Accept").click();
    await outrigger.cards.filter({ hasText: "sed -i" }).waitFor();
    await outrigger.button("Accept").click();
    await outrigger.says("Goodbye and currency are changed");
    await outrigger.turnEnded();
  });
  const status = () => story.git("status", "--porcelain", "--untracked-files=all");
  const after = await status();
  assert.equal(after, " M src/cart.ts\n M src/greeting.ts\n?? NOTES.md\n");
  await story.step("all three are on the review list", async () => {
    for (const text of ["greeting.ts", "cart.ts", "NOTES.md"])
      await outrigger.review.filter({ hasText: text }).waitFor();
  });
  await story.step("Review changes shows them in one diff", async () => {
    await outrigger.turnAction("Review changes").click();
    await page.locator(".multiDiffEntry, .multi-diff-root-floating-menu, .multiDiffEditor").first().waitFor();
    await page.locator(".view-line", { hasText: "Prices are in EUR" }).first().waitFor();
  });
  await story.shot("review");
  await story.step("a key goes from one change to the next, through all files", async () => {
    await story.openFile("NOTES.md");
    for (const name of ["cart.ts", "greeting.ts", "NOTES.md"]) {
      await page.keyboard.press("Alt+j");
      await page.locator(".tab.active", { hasText: name }).waitFor();
    }
  });
  await story.step("Undo turn asks, and puts all of it back", async () => {
    await outrigger.turnAction("Undo turn").click();
    await page.locator(".monaco-dialog-box", { hasText: "NOTES.md" }).waitFor();
    await story.shot("ask");
    await page.locator(".monaco-dialog-box .monaco-button", { hasText: "Undo Turn" }).click();
    await story.eventually("the tree is as before the turn", async () => (await status()) === "");
    await page.getByText("Nothing is left to review").waitFor();
  });
  await story.shot("undone");
  await story.step("and the undo is taken back", async () => {
    await page.locator(".notification-list-item .monaco-button", { hasText: "Take It Back" }).click();
    await story.eventually("the turn's work is there again", async () => (await status()) === after);
    assert.equal(await story.onDisk("NOTES.md"), "Prices are in EUR.\n");
  });
  await story.step("all of it is kept at once", async () => {
    await outrigger.review.filter({ hasText: "NOTES.md" }).waitFor();
    await story.command("Outrigger: Keep All");
    await page.getByText("Nothing is left to review").waitFor();
    assert.equal(await status(), after);
  });
}
