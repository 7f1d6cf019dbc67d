// VS Code in another language: what Outrigger says is in that too, on the page, in its lists and at the lines.
import assert from "node:assert/strict";

export const title = "In a German window Outrigger speaks German";
export const rare = true;

export default async function (story) {
  const { outrigger, page } = story;
  await story.step("a window in German, though without the pack that has VS Code's own words", async () => {
    await page.addInitScript(() =>
      Object.defineProperty(globalThis, "_VSCODE_NLS_LANGUAGE", { get: () => "de", set() {} }),
    );
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
    assert.equal(await outrigger.composer.getAttribute("placeholder"), "Was soll Codex tun?");
    await story.shot("empty");
  });
  await story.step("Codex waits, in German, on the card and at the line", async () => {
    await outrigger.send("Be warmer [[file:warmer]]");
    await outrigger.cards.locator("vscode-button", { hasText: "Annehmen" }).first().waitFor();
    await outrigger.lens("Annehmen").waitFor();
    await story.shot("waits");
  });
}
