// The daemon is killed under a window: the window says so, comes back by itself, and nothing hangs.
import assert from "node:assert/strict";

export const title = "A killed daemon is replaced, and the window shows the thread again";

export default async function (story) {
  const { outrigger } = story;
  const before = await story.onDisk("src/greeting.ts");
  const daemons = () => story.running("outrigger daemon run");
  let killed;
  await story.step("a change waits, and a message is being written", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    await outrigger.send("Be warmer [[file:warmer]]");
    await outrigger.lens("Accept").waitFor();
    await outrigger.composer.click();
    await outrigger.composer.pressSequentially("And then");
  });
  await story.step("the daemon is killed: the window says so, and nothing asks any more", async () => {
    [killed] = await daemons();
    process.kill(killed.pid, "SIGKILL");
    await story.page.locator(".statusbar-item", { hasText: "Outrigger ended and was started again" }).waitFor();
    await outrigger.nothingAsks();
  });
  await story.step("it comes back by itself, with another daemon and another app-server", async () => {
    await outrigger.composerReady();
    await outrigger.transcript.filter({ hasText: "Interrupted" }).waitFor();
    const [next, ...more] = await daemons();
    assert.notEqual(next.pid, killed.pid);
    assert.deepEqual(more, []);
    await story.eventually("one app-server runs", async () => (await story.running("codex app-server")).length === 1);
    assert.equal(await story.onDisk("src/greeting.ts"), before);
  });
  await story.step("what was being written is still there, and so is the cursor", async () => {
    await story.page.keyboard.type(" the cart");
    assert.equal(await outrigger.composer.inputValue(), "And then the cart");
  });
  await story.shot("back");
  await story.step("Continue takes the work up again", async () => {
    await outrigger.continueTurn();
    await outrigger.nothingAsks();
  });
}
