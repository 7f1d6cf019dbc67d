// The comment at the lines decides too: by its link, by its title, and by a reply that says what to do instead.
import assert from "node:assert/strict";

export const title = "A comment accepts, declines, and tells Codex what to do instead";

export default async function (story) {
  const { outrigger, page } = story;
  const { comments } = outrigger;
  const declined = outrigger.transcript.locator("outrigger-item", { hasText: "declined" });
  await story.step("a window opens on the repository", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
  });
  await story.step("the link in the comment accepts", async () => {
    await outrigger.send("Be warmer [[file:warmer]]");
    await comments.locator(".comment-body a", { hasText: /^\s*Accept\s*$/ }).click();
    await story.written("src/greeting.ts", "Welcome back");
    await outrigger.nothingAsks();
    await outrigger.turnEnded();
  });
  await story.step("✗ in the comment's title declines, and the turn goes on", async () => {
    await outrigger.send("Know them better [[file:usual]]");
    await comments.locator(".comment-body", { hasText: "The usual, " }).waitFor();
    await comments.locator(".head .action-label.codicon-close").click();
    await outrigger.nothingAsks();
    await outrigger.says("That is all for the regulars.");
    await outrigger.turnEnded();
    assert.ok(!(await story.onDisk("src/greeting.ts")).includes("The usual, "));
    assert.equal(await declined.count(), 1);
  });
  const instead = "Leave the greeting alone and change the goodbye";
  await story.step("a reply declines this change and asks for another", async () => {
    await outrigger.send("Find something to improve");
    await comments.locator(".comment-body", { hasText: "Accept" }).waitFor();
    await comments.locator(".review-thread-reply-button").click();
    await page.keyboard.type(instead);
    await story.shot("reply");
    await comments.locator(".form-actions .monaco-button", { hasText: "Decline and Tell Codex" }).click();
    await outrigger.says(`You asked: “${instead}”. Then here is another change`);
  });
  await story.step("the other change is what waits now", async () => {
    await outrigger.button("Accept").waitFor();
    // The one before it is too far above to be drawn.
    await declined.last().waitFor();
  });
}
