// After a turn each change of Codex is looked at by itself: kept, undone, staged, with git as the witness.
import assert from "node:assert/strict";

export const title = "What Codex changed is kept, undone and staged, one by one, and taken back";
export const themes = ["light", "dark"];

export default async function (story) {
  const { outrigger, page } = story;
  const lenses = (name) => outrigger.lenses.locator("a", { hasText: new RegExp(`${name}$`) });
  await story.step("a turn changes a file in three places", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    await outrigger.send("Warm up the phrases [[file:three]]");
    await outrigger.lens("Accept").click();
    await outrigger.says("The three phrases are warmer now");
    await outrigger.turnEnded();
  });
  await story.step("each has its lenses, and all are on the review list", async () => {
    await story.eventually("three changes have Keep", async () => (await lenses("Keep").count()) === 3);
    await outrigger.review.filter({ hasText: "A very good" }).waitFor();
    assert.equal(await outrigger.review.count(), 4);
  });
  await story.shot("lenses");
  const before = await story.git("diff");
  await story.step("the first is kept: git sees nothing of that, and it leaves the list", async () => {
    await lenses("Keep").first().click();
    await story.eventually("two changes are left", async () => (await lenses("Keep").count()) === 2);
    await story.eventually("two are on the list", async () => (await outrigger.review.count()) === 3);
    assert.equal(await story.git("diff"), before);
    assert.equal(await story.git("diff", "--cached"), "");
  });
  await story.step("the next is undone, as a hover says what was there and whose it is", async () => {
    const line = page.locator(".view-line", { hasText: "People who come often" }).first();
    await line.locator("span span").first().hover();
    await page.locator(".monaco-hover", { hasText: "The usual?" }).first().waitFor();
    await page.locator(".monaco-hover", { hasText: "Warm up the phrases" }).first().waitFor();
    await story.shot("hover");
    // The hover lies over the lens: it goes with the pointer.
    await page.mouse.move(0, 0);
    await page.locator(".monaco-hover", { hasText: "The usual?" }).first().waitFor({ state: "hidden" });
    await lenses("Undo").first().click();
    await story.eventually("it is as before", async () =>
      (await story.onDisk("src/greeting.ts")).includes('return "The usual?";'),
    );
  });
  await story.step("the last is staged", async () => {
    await story.eventually("one change is left", async () => (await lenses("Stage").count()) === 1);
    await lenses("Stage").click();
    await story.eventually("git has it in the index", async () => (await story.git("diff", "--cached")) !== "");
    await page.getByText("Nothing is left to review").waitFor();
    assert.deepEqual(changedLines(await story.git("diff", "--cached", "-U0")), [
      "-  return `${thanks}${customer.name}.`;",
      "+  return `${thanks}${customer.name}. See you soon!`;",
    ]);
    assert.deepEqual(changedLines(await story.git("diff", "-U0")), [
      "-  return `Good ${part}, ${customer.name}!`;",
      "+  return `A very good ${part}, ${customer.name}!`;",
    ]);
  });
  await story.shot("done");
  await story.step("all of it is taken back, the last act first", async () => {
    for (let left = 3; left > 0; left -= 1) {
      await story.command("Outrigger: Undo Last");
      await page.locator(".statusbar-item", { hasText: "Taken back" }).first().waitFor();
      const wanted = 4 - left;
      await story.eventually(`${wanted} are to review`, async () => (await lenses("Keep").count()) === wanted);
    }
    assert.equal(await story.git("diff"), before);
    assert.equal(await story.git("diff", "--cached"), "");
  });
  await story.step("the journal has every act", async () => {
    await story.command("Outrigger: Hunk Journal");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Taken back: Kept" }).waitFor();
  });
  await story.shot("journal");
}

/** The changed lines of a diff, without its headers. */
function changedLines(diff) {
  return diff.split("\n").filter((line) => /^[-+](?![-+])/.test(line));
}
