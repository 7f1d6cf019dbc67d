// A window is closed while Codex works: what was queued in it is still sent, once, and the next window shows it.
import assert from "node:assert/strict";

export const title = "A message queued in a window that is closed is still sent, once";

export default async function (story) {
  const { outrigger } = story;
  await story.step("Codex works, and a message is queued for afterwards", async () => {
    await story.openWindow();
    await outrigger.open();
    await outrigger.send("Read the shop [[slow:200,0.04]]");
    await outrigger.says("tok0 tok1");
    await outrigger.composer.fill("Say that you are back [[msg:Here I am again.]]");
    await outrigger.view.locator('vscode-button[aria-label="Queue"]').click();
    await outrigger.queue.filter({ hasText: "Say that you are back" }).waitFor();
    assert.equal(await outrigger.composer.inputValue(), "");
  });
  await story.shot("queued");
  await story.step("the window is closed; the turn goes on without it", async () => {
    await story.closeWindow();
    const sessions = async () => JSON.parse(await story.sidecar("daemon", "status", "--json")).sessions;
    await story.eventually("no window is with the daemon", async () => (await sessions()) === 0);
    assert.equal((await story.running("codex app-server")).length, 1);
  });
  await story.step("the next window shows that it was sent, once", async () => {
    const next = await story.anotherWindow();
    await next.outrigger.open();
    await next.outrigger.pickThread("Read the shop");
    await next.outrigger.says("Here I am again.");
    await next.outrigger.turnEnded();
    await next.outrigger.queue.waitFor({ state: "detached" });
    const asked = next.outrigger.transcript.locator("outrigger-item", { hasText: "Say that you are back" });
    assert.equal(await asked.count(), 1);
    await next.shot("sent");
  });
}
