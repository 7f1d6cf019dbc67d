// A command waits where it is seen, and takes the keyboard from nobody.
import assert from "node:assert/strict";

export const title = "A command waits for a decision without taking the keyboard";
export const themes = ["light", "dark"];

export default async function (story) {
  const { outrigger, page } = story;
  const command = "node --version > version.txt";
  await story.step("a window opens on the repository", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
  });
  const draft = await story.step("the person types on while the command arrives", async () => {
    await outrigger.send("Which Node is this? [[file:version]]");
    const sentence = "And say in the README which one we need, so that nobody has to guess";
    let typed = "";
    const type = async (text) => {
      typed += text;
      await page.keyboard.type(text);
    };
    await story.eventually("a command waits", async () => {
      await type(sentence.slice(typed.length, typed.length + 1));
      return (await outrigger.cards.count()) > 0;
    });
    await outrigger.lens("Codex wants to run").waitFor();
    await type(`${sentence.slice(typed.length)} again`);
    assert.equal(await outrigger.composer.inputValue(), typed);
    assert.equal(await page.locator(".monaco-dialog-box").count(), 0);
    return typed;
  });
  await story.step("lens, card and status bar show it", async () => {
    await outrigger.lenses.filter({ hasText: `Codex wants to run: ${command}` }).waitFor();
    const card = outrigger.cards.filter({ hasText: command });
    await card.filter({ hasText: story.repository }).waitFor();
    await outrigger.statusBar.filter({ hasText: "Codex waits for you" }).waitFor();
    assert.equal(await outrigger.cards.count(), 1);
  });
  await story.shot("waiting");
  await story.step("accepted for the session, it runs", async () => {
    await outrigger.lens("Accept for session").click();
    await story.written("version.txt", "v");
    await outrigger.says("It is in version.txt.");
    await outrigger.turnEnded();
    await outrigger.nothingAsks();
    assert.equal(await outrigger.composer.inputValue(), draft);
  });
  await story.step("and is not asked about again", async () => {
    await outrigger.send("Once more [[file:version]]");
    const done = outrigger.transcript.locator("outrigger-item", { hasText: "It is in version.txt." });
    await done.nth(1).waitFor();
    assert.equal(await outrigger.cards.count(), 0);
  });
  await story.step("two that wait are counted", async () => {
    await outrigger.send("Two files, please [[file:two]]");
    await outrigger.statusBar.filter({ hasText: "Codex waits for you (2)" }).waitFor();
    await outrigger.button("Accept").first().click();
    await outrigger.statusBar.filter({ hasText: /Codex waits for you$/ }).waitFor();
    await outrigger.button("Accept").click();
    await outrigger.says("Both are there.");
    await outrigger.nothingAsks();
  });
}
