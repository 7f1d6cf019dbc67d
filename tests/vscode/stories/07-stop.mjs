// Stop ends a turn, says what still runs, and can end that too.
import assert from "node:assert/strict";

export const title = "Stop ends the turn and lists what still runs";

export default async function (story) {
  const { outrigger } = story;
  const running = outrigger.view.locator('section[aria-label="Still running"]');
  await story.step("a turn runs on after it started a command", async () => {
    await story.openWindow();
    await outrigger.open();
    await outrigger.send("Watch this for me [[file:watch]]");
    await outrigger.cards.filter({ hasText: "sleep 4242" }).waitFor();
    await outrigger.button("Accept").click();
  });
  await story.step("its words stream", async () => {
    await outrigger.says("tok0 tok1");
    await outrigger.says("tok0 tok1 tok2");
  });
  await story.step("Stop ends it, and the command is listed", async () => {
    await outrigger.button("Stop").click();
    await outrigger.turnEnded();
    await outrigger.transcript.filter({ hasText: "Interrupted" }).waitFor();
    await running.filter({ hasText: "sleep 4242" }).waitFor();
    assert.notEqual((await story.running("sleep 4242")).length, 0);
  });
  await story.shot("stopped");
  await story.step("End ends the command", async () => {
    await running.locator("vscode-button", { hasText: "End" }).click();
    await running.waitFor({ state: "detached" });
    await story.eventually("the command is gone", async () => (await story.running("sleep 4242")).length === 0);
  });
}
