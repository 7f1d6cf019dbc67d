// Codex asks, the view shows the choices, and the answer goes back.
export const title = "A question from Codex is answered in the view";

export default async function (story) {
  const { outrigger } = story;
  await story.step("a question arrives", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    await outrigger.send("Rework the greetings [[file:tone]]");
    await outrigger.cards.filter({ hasText: "How should the shop speak to its customers?" }).waitFor();
    await outrigger.statusBar.filter({ hasText: "Codex waits for you" }).waitFor();
  });
  await story.shot("question");
  await story.step("a click answers it, and the turn goes on", async () => {
    await outrigger.cards.locator("button.option", { hasText: "Friendly" }).click();
    await outrigger.says("I will keep to that tone.");
    await outrigger.turnEnded();
    await outrigger.nothingAsks();
  });
  await story.step("words of one's own answer it too", async () => {
    await outrigger.send(`Rework them again [[input:What should the goodbye say?]]`);
    await outrigger.cards.locator("input").fill("See you tomorrow");
    await outrigger.cards.locator("vscode-button", { hasText: "Send answer" }).click();
    await outrigger.nothingAsks();
    await outrigger.turnEnded();
  });
}
