// A window that is reloaded in the middle of a turn: nothing ends because a window does.
import assert from "node:assert/strict";

export const title = "A reload in the middle of a turn interrupts nothing: the same change still waits";

export default async function (story) {
  const { outrigger, page } = story;
  const before = await story.onDisk("src/greeting.ts");
  const server = () => story.running("codex app-server");
  let running;
  await story.step("a change waits, and a message is being written", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    await outrigger.send("Be warmer [[file:warmer]]");
    await outrigger.lens("Accept").waitFor();
    await outrigger.composer.fill("And then the");
    // Leaving the composer tells of the draft, before this command is heard of.
    await story.command("Outrigger: Show Next Approval");
    await page.locator(".monaco-editor.focused").waitFor();
    running = await server();
    assert.equal(running.length, 1);
  });
  await story.step("the window is reloaded and shows the thread, the change and the draft", async () => {
    await story.reload();
    await outrigger.says("I will greet people who come back");
    await outrigger.cards.filter({ hasText: "greeting.ts" }).waitFor();
    await outrigger.lens("Accept").waitFor();
    await outrigger.statusBar.filter({ hasText: "Codex waits for you" }).waitFor();
    await story.eventually("the draft is there", async () => {
      return (await outrigger.composer.inputValue()) === "And then the";
    });
    assert.equal(await story.onDisk("src/greeting.ts"), before);
  });
  await story.shot("reloaded");
  await story.step("the turn went on: the app-server is the same", async () => {
    assert.equal(await outrigger.transcript.filter({ hasText: "Interrupted" }).count(), 0);
    assert.deepEqual(await server(), running);
  });
  await story.step("the change is accepted: it is written, and the turn completes", async () => {
    await outrigger.lens("Accept").click();
    await story.written("src/greeting.ts", "Welcome back");
    await outrigger.says("That is all for the greeting");
    await outrigger.turnEnded();
    await outrigger.nothingAsks();
  });
}
