// A person's own changes: by selected lines, in the diff editor, and in a file with unsaved edits.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";

export const title = "Selected lines are staged, and a hunk of an unsaved file is undone in the editor";
export const rare = true;

export default async function (story) {
  const { outrigger, page } = story;
  const file = "src/greeting.ts";
  const committed = await story.onDisk(file);
  const changed = committed
    .replace("Welcome to the corner shop.", "Welcome to our corner shop!")
    .replace("Good to see you again.", "Good to see you!")
    .replace("Good ${part},", "A good ${part},");
  await story.step("a person has changed three lines, next to nothing marks them", async () => {
    await writeFile(path.join(story.repository, file), changed);
    await story.openWindow();
    await story.openFile(file);
    await outrigger.open();
    await page.locator(".view-line", { hasText: "A good" }).waitFor();
    assert.equal(await outrigger.lenses.count(), 0);
  });
  await story.step("one of two changed lines is selected and staged", async () => {
    await story.selectLine("Good to see you!");
    await story.command("Outrigger: Stage Selected Lines");
    await story.eventually("it is in the index", async () => (await story.git("diff", "--cached")) !== "");
    const staged = (await story.git("diff", "--cached", "-U0")).split("\n").filter((line) => /^[-+] /.test(line));
    assert.deepEqual(staged, [
      '-  if (customer.visits < 5) return "Good to see you again.";',
      '+  if (customer.visits < 5) return "Good to see you!";',
    ]);
  });
  await story.step("with an unsaved edit a hunk is undone in the editor; the file stays as it is", async () => {
    await page.keyboard.press("Control+End");
    await page.keyboard.type("// My own words\n");
    await page.locator(".tab.active.dirty").waitFor();
    await story.selectLine("A good");
    await story.command("Outrigger: Undo Hunk");
    await page.locator(".view-line", { hasText: /return\s`Good\s\$\{part\}/ }).waitFor();
    await page.locator(".tab.active.dirty").waitFor();
    assert.equal(await story.onDisk(file), changed);
  });
  await story.step("saved, both are in the file", async () => {
    await page.keyboard.press("Control+S");
    await page.locator(".tab.active:not(.dirty)").waitFor();
    assert.equal(await story.onDisk(file), changed.replace("A good ${part},", "Good ${part},") + "// My own words\n");
  });
  await story.step("the diff editor stages the hunk at the cursor", async () => {
    await story.selectLine("our corner shop");
    await story.command("Outrigger: Show What Was There Before");
    await page.locator(".monaco-diff-editor").waitFor();
    await page.locator('.editor-actions .action-label[aria-label*="Stage Hunk"]').click();
    await story.eventually("both lines are in the index", async () =>
      (await story.git("diff", "--cached")).includes("our corner shop"),
    );
  });
  await story.shot("diff");
  await story.step("and the staged changes have their own, where it is unstaged again", async () => {
    await story.command("Outrigger: Show Staged Changes of File");
    await page.locator(".tab.active", { hasText: "staged changes" }).waitFor();
    await page.locator(".monaco-diff-editor .modified .view-line", { hasText: "our corner shop" }).click();
    await page.locator('.editor-actions .action-label[aria-label*="Unstage Hunk"]').click();
    await story.eventually("nothing is staged", async () => (await story.git("diff", "--cached")) === "");
  });
}
