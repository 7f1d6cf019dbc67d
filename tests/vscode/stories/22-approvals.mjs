// All that waits stands in one list, is gone through by keys, and a rule is shown as what it is before it is kept.
import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import path from "node:path";

export const title = "What waits is one list, gone through by keys; a rule says how far it reaches before it is kept";

/** Codex marks the folder as trusted itself. */
export const marked = false;

export default async function (story) {
  const { outrigger, page } = story;
  const rules = path.join(story.codexHome, "rules/default.rules");
  const there = (file) =>
    access(path.join(story.repository, file)).then(
      () => true,
      () => false,
    );
  await story.step("two commands wait, and a draft is being written", async () => {
    await story.openWindow();
    await outrigger.open();
    await outrigger.send("Two files, please [[file:two]]");
    await outrigger.statusBar.filter({ hasText: "Codex waits for you (2)" }).waitFor();
    await outrigger.badge.filter({ hasText: "2" }).waitFor();
    await page.locator(".notification-toast", { hasText: "Codex now trusts this folder" }).waitFor();
    await story.command("Notifications: Clear All Notifications");
    await outrigger.composer.fill("Meanwhile");
  });
  await story.step("the list has both, without taking the keyboard", async () => {
    assert.equal(await outrigger.approvals.count(), 0);
    await outrigger.openApprovals();
    await outrigger.approvals.filter({ hasText: "touch one.txt" }).waitFor();
    await outrigger.approvals.filter({ hasText: "touch two.txt" }).waitFor();
    assert.equal(await outrigger.approvals.count(), 2);
  });
  await story.shot("list");
  // Codex asks about both at once, in no order.
  const [first, second] = (await outrigger.approvals.allTextContents()).map((row) => /\w+\.txt/.exec(row)[0]);
  await story.step("by keys: the next one, accepted, while the other waits on", async () => {
    await outrigger.composer.click();
    await page.keyboard.press("Alt+Shift+J");
    await page.keyboard.press("Alt+Shift+J");
    const at = Date.now();
    await story.eventually("it has been there to be read", () => Date.now() - at > 1_000);
    await page.keyboard.press("Alt+Shift+Y");
    await story.eventually("the second is accepted", () => there(second));
    assert.equal(await there(first), false);
    await outrigger.statusBar.filter({ hasText: /Codex waits for you$/ }).waitFor();
    assert.equal(await outrigger.composer.inputValue(), "Meanwhile");
  });
  await story.step("a rule for ever is shown as that, with what it would have meant", async () => {
    await outrigger.cards.locator("button", { hasText: "Always allow in every project" }).click();
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.filter({ hasText: `Always allow commands that begin with “touch ${first}”?` }).waitFor();
    await dialog.filter({ hasText: "for ever and for every project" }).waitFor();
    await dialog.filter({ hasText: "It would not have allowed your last command." }).waitFor();
    await story.shot("rule");
    await dialog.locator(".monaco-button", { hasText: "Keep for Ever" }).click();
    await outrigger.says("Both are there.");
    assert.match(await readFile(rules, "utf8"), /touch/);
  });
  await story.step("nothing waits any more: the list is gone, and the rule's file opens to take it out", async () => {
    await outrigger.nothingAsks();
    await outrigger.badge.waitFor({ state: "hidden" });
    await outrigger.approvals.first().waitFor({ state: "hidden" });
    await story.command("Outrigger: Open Rules File");
    await page.locator(".tab.active", { hasText: "default.rules" }).waitFor();
  });
}
