// The app-server dies in the middle of a turn: what it asked is gone, and the thread goes on with the next one.
import assert from "node:assert/strict";

export const title = "A killed app-server takes its questions along, and the turn can be continued";

export default async function (story) {
  const { outrigger } = story;
  const before = await story.onDisk("src/greeting.ts");
  await story.step("a change waits", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    await outrigger.send("Be warmer [[file:warmer]]");
    await outrigger.lens("Accept").waitFor();
    await outrigger.comments.first().waitFor();
  });
  await story.step("the app-server is killed", async () => {
    const servers = await story.running("codex app-server");
    assert.equal(servers.length, 1);
    process.kill(servers[0].pid, "SIGKILL");
  });
  await story.step("nothing asks for the change any more; the turn is interrupted", async () => {
    await outrigger.transcript.filter({ hasText: "Interrupted" }).waitFor();
    await outrigger.nothingAsks();
    assert.equal(await story.onDisk("src/greeting.ts"), before);
  });
  await story.shot("interrupted");
  await story.step("Continue takes the work up again, on a new app-server", async () => {
    await outrigger.continueTurn();
    await outrigger.nothingAsks();
  });
}
