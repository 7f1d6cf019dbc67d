// The spine of the product: a prompt, a change shown at its lines before it is written, one click, and it is written.
import assert from "node:assert/strict";

export const title = "A change waits at its lines and is written when it is accepted";
export const themes = ["light", "dark"];
export const floor = true;

export default async function (story) {
  const { outrigger } = story;
  const before = await story.onDisk("src/greeting.ts");
  await story.step("a window opens on the repository", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
  });
  await story.step("a prompt starts a thread, and Codex answers", async () => {
    await outrigger.send("Greet people who come back a little more warmly");
    await outrigger.says("Here is a small change");
  });
  await story.step("the change shows at its lines; nothing is written", async () => {
    await outrigger.lens("Accept").waitFor();
    await outrigger.comments.locator(".comment-body", { hasText: "Accept" }).waitFor();
    await outrigger.statusBar.filter({ hasText: "Codex waits for you" }).waitFor();
    await outrigger.cards.first().waitFor();
    assert.equal(await outrigger.cards.count(), 1);
    assert.equal(await story.onDisk("src/greeting.ts"), before);
  });
  await story.shot("waiting");
  await story.step("the lens accepts it: it is written, and nothing asks for it any more", async () => {
    await outrigger.lens("Accept").click();
    await story.eventually("the file is changed", async () => (await story.onDisk("src/greeting.ts")) !== before);
    await outrigger.comments.first().waitFor({ state: "hidden" });
    await outrigger.lenses.filter({ hasText: "Codex wants to change" }).first().waitFor({ state: "hidden" });
  });
  await story.step("the command that looks at the result is accepted too, and the turn completes", async () => {
    await outrigger.cards.filter({ hasText: "git status" }).waitFor();
    await outrigger.button("Accept").click();
    await outrigger.says("The change is in place");
    await outrigger.turnEnded();
    await outrigger.nothingAsks();
  });
  await story.shot("done");
}
