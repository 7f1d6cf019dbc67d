// The proposed content beside the present one, decided from the title of the editor that shows it.
import assert from "node:assert/strict";

export const title = "The proposed content shows as a diff and is accepted from its editor's title";

export default async function (story) {
  const { outrigger, page } = story;
  const before = await story.onDisk("src/greeting.ts");
  await story.step("a change waits", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    await outrigger.send("Be warmer [[file:warmer]]");
  });
  await story.step("Show diff opens the proposed content beside the present one", async () => {
    await outrigger.lens("Show diff").click();
    await page.locator(".tab.active", { hasText: "greeting.ts: what Codex wants" }).waitFor();
    const proposed = page.locator(".monaco-diff-editor .editor.modified .view-lines");
    await proposed.filter({ hasText: /Welcome\sback/ }).waitFor();
    // The diff says it once: the comment stays with the file itself.
    await outrigger.comments.first().waitFor({ state: "hidden" });
    assert.equal(await story.onDisk("src/greeting.ts"), before);
  });
  await story.shot("diff");
  await story.step("Accept in the editor's title writes it, and the diff closes", async () => {
    await page.locator(".editor-group-container.active .editor-actions .action-label.codicon-check").click();
    await story.written("src/greeting.ts", "Welcome back");
    await page.locator(".tab", { hasText: "what Codex wants" }).waitFor({ state: "detached" });
    await outrigger.turnEnded();
    await outrigger.nothingAsks();
  });
}
