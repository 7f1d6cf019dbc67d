// A prompt that runs by itself: made by a form that says what comes next, run, found in the inbox, looked at and accepted.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";

export const title = "An automation is made by a form, run now, and what it brought is read, reviewed and accepted";

export const themes = ["light", "dark"];

export default async function (story) {
  const { outrigger, page } = story;
  const { form } = outrigger;
  const dialog = page.locator(".monaco-dialog-box");
  const automations = outrigger.list("Automations");
  const inbox = outrigger.list("Inbox");
  await story.step("there is none: the list says what one is", async () => {
    await story.openWindow();
    await outrigger.open();
    await outrigger.unfold("Automations");
    await automations.filter({ hasText: "A prompt that runs by itself when it is due" }).waitFor();
    await automations.locator(".monaco-button", { hasText: "New Automation" }).click();
    await form.locator("#name").fill("Regulars");
    await form.locator("#prompt").fill("Greet the regulars by their names [[file:usual]]");
  });
  await story.step(
    "the next five occurrences are there while the rule is typed, in the zone that is named",
    async () => {
      const next = form.locator(".preview li");
      await form.locator("#timezone").fill("Europe/Berlin");
      await form.locator(".preview", { hasText: "Next, in Europe/Berlin:" }).waitFor();
      assert.equal(await next.count(), 5);
      assert.match(await next.first().textContent(), /(Mon|Tue|Wed|Thu|Fri), .*09:00 AM GMT\+[12]/);
      await form.locator("#every").selectOption("By a rule (RFC 5545)");
      await form.locator("#rrule").fill("FREQ=MONTHLY;BYDAY=8MO");
      await form.locator("#rrule-failure").waitFor();
      assert.match(await form.locator("#rrule-failure").textContent(), /BYDAY/);
      await story.shot("wrong-rule");
      await form.locator("#rrule").fill("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=30");
      await next.first().filter({ hasText: "09:30" }).waitFor();
      await form.locator("#rrule-failure").waitFor({ state: "detached" });
      await form.locator("#every").selectOption("On days of the week");
    },
  );
  await story.step("what a run may do while nobody watches is said before it is saved", async () => {
    const said = form.locator(".note", { hasText: "What a run may do" });
    await said.filter({ hasText: "a new worktree of corner-shop at HEAD" }).waitFor();
    await form.locator("#approvalPolicy").selectOption("Never ask");
    await said.filter({ hasText: "Codex never asks" }).waitFor();
    await form.locator("#name").scrollIntoViewIfNeeded();
    await story.shot("form");
    await said.scrollIntoViewIfNeeded();
    await story.shot("form-end");
    await form.locator("vscode-button", { hasText: "Create" }).click();
    await automations.locator(".monaco-list-row", { hasText: "Weekdays at 09:30" }).waitFor();
    await form.waitFor({ state: "hidden" });
  });
  await story.step("it runs now, in a worktree, and the inbox has what it brought", async () => {
    await outrigger.onRow(automations.locator(".monaco-list-row", { hasText: "Regulars" }), "Run Automation Now");
    await outrigger.badge.filter({ hasText: "1" }).waitFor();
    await outrigger.unfold("Inbox");
    await inbox.locator(".monaco-list-row").first().waitFor();
    await story.shot("inbox");
    assert.equal(await story.git("status", "--porcelain"), "", "the folder itself is as it was");
  });
  const row = inbox.locator(".monaco-list-row").first();
  await story.step("it is opened: the thread is there, and it is read", async () => {
    await row.click();
    await outrigger.says("That is all for the regulars.");
    await outrigger.badge.waitFor({ state: "hidden" });
    await story.shot("thread");
  });
  await story.step("its diff shows what it did in its worktree", async () => {
    await outrigger.onRow(row, "Show Diff of Run");
    await page.locator(".multiDiffEntry, .multi-diff-root-floating-menu, .multiDiffEditor").first().waitFor();
    await page.locator(".view-line", { hasText: "The usual, ${customer.name}?" }).first().waitFor();
    await story.shot("diff");
  });
  await story.step("it is accepted: that its worktree goes is said first", async () => {
    await outrigger.unfold("Worktrees");
    await outrigger.list("Worktrees").locator(".monaco-list-row").waitFor();
    await story.shot("worktrees");
    await outrigger.onRow(row, "Accept Run");
    await dialog.filter({ hasText: "and remove its worktree?" }).waitFor();
    await story.shot("accept");
    await dialog.locator(".monaco-button", { hasText: "Accept" }).click();
    await inbox.filter({ hasText: "Nothing is left in the inbox." }).waitFor();
    await outrigger.list("Worktrees").waitFor({ state: "hidden" });
    await outrigger.list("Review").filter({ hasText: "Nothing is left to review." }).waitFor();
    assert.equal((await story.git("worktree", "list")).trim().split("\n").length, 1);
  });
  const automation = automations.locator(".monaco-list-row", { hasText: "Weekdays at 09:30" });
  await story.step("the history has the run; the automation is paused and resumed", async () => {
    await automation.locator(".monaco-tl-twistie").click();
    await automations.locator(".monaco-list-row", { hasText: "Accepted" }).waitFor();
    await story.shot("history");
    await outrigger.onRow(automation, "Pause Automation");
    await automation.filter({ hasText: "paused" }).waitFor();
    await outrigger.onRow(automation, "Resume Automation");
    await automation.filter({ hasText: "(Berlin)" }).waitFor();
  });
  await story.step("edited to run in the folder itself, it asks where changes are in no commit", async () => {
    await outrigger.onRow(automation, "Edit Automation");
    await form.locator("label", { hasText: "In the folder itself" }).click();
    await form.locator(".note", { hasText: "on your own files" }).waitFor();
    await form.locator("vscode-button", { hasText: "Save" }).click();
    await form.waitFor({ state: "hidden" });
    await writeFile(path.join(story.repository, "NOTES.md"), "Not committed.\n");
    await outrigger.onRow(automation, "Run Automation Now");
    await dialog.filter({ hasText: "changes that are in no commit" }).waitFor();
    await story.shot("dirty");
    await dialog.locator(".monaco-button", { hasText: "Run All the Same" }).click();
    await outrigger.badge.filter({ hasText: "1" }).waitFor();
    await story.written("src/greeting.ts", "The usual, ${customer.name}?");
  });
  await story.step("it is deleted, and the list says what one is again", async () => {
    await story.command("Outrigger: Delete Automation…");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Regulars" }).click();
    await dialog.locator(".monaco-button", { hasText: "Delete" }).click();
    await automations.filter({ hasText: "A prompt that runs by itself when it is due" }).waitFor();
  });
}
