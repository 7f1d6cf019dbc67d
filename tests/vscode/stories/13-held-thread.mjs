// A thread that another process writes can be read and forked, and taken over when the other has let go of it.
import assert from "node:assert/strict";
import { AppServer } from "../app-server.mjs";

export const title = "A thread that another process holds is read-only, with Fork here and Retry";
export const rare = true;

export default async function (story) {
  const { outrigger } = story;
  const holder = await AppServer.start(story);
  try {
    await story.step("another process works on a thread of this folder", async () => {
      const { thread } = await holder.request("thread/start", { cwd: story.repository });
      await holder.turn(thread.id, "Think about the cart [[msg:The cart looks fine to me.]]");
    });
    await story.step("the thread is picked and read", async () => {
      await story.openWindow();
      await outrigger.open();
      await outrigger.pickThread("Think about the cart");
      await outrigger.says("The cart looks fine to me.");
    });
    await story.step("writing to it is refused, and nothing that was written is lost", async () => {
      await outrigger.send("And the discount? [[msg:It is right.]]");
      await outrigger.button("Fork here").waitFor();
      await outrigger.button("Retry").waitFor();
      assert.match(await outrigger.composer.inputValue(), /And the discount\?/);
    });
    await story.shot("read-only");
    await story.step("Fork here goes on in a copy", async () => {
      await outrigger.button("Fork here").click();
      await outrigger.button("Fork here").waitFor({ state: "detached" });
      await outrigger.composerReady();
      await outrigger.says("The cart looks fine to me.");
      await outrigger.composer.press("Enter");
      await outrigger.says("It is right.");
      await outrigger.turnEnded();
    });
  } finally {
    await holder.stop();
  }
  await story.step("the other process gone, Retry takes the thread itself", async () => {
    await outrigger.listThreads();
    await outrigger.thread("Think about the cart").nth(1).click();
    // Both threads begin alike: the copy has gone from the view when what only it has is gone.
    await outrigger.transcript
      .locator("outrigger-item", { hasText: "It is right." })
      .first()
      .waitFor({ state: "detached" });
    await outrigger.says("The cart looks fine to me.");
    await outrigger.send("And the prices? [[msg:They are in cents.]]");
    await outrigger.says("They are in cents.");
  });
}
