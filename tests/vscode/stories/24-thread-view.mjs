// The view from day to day: a file named in a message, a plan, another model, a thread that is renamed, found, pinned,
// deleted and had back, and one that is taken along as Markdown.
import assert from "node:assert/strict";

export const title = "Threads are listed, searched, renamed, pinned, deleted and had back; a message names files";
export const themes = ["light", "dark"];

export default async function (story) {
  const { outrigger, page } = story;
  const { composer, view } = outrigger;
  const menu = async (name, act) => {
    await view.getByRole("button", { name: `More about ${name}` }).click();
    await view.locator(".menu button", { hasText: act }).click();
  };
  await story.step("a window opens on the repository", async () => {
    await story.openWindow();
    await story.openFile("src/greeting.ts");
    await outrigger.open();
  });
  await story.step("@ finds a file, and Tab takes it", async () => {
    await composer.pressSequentially("What is in @greet");
    await view.locator("[role=option]", { hasText: "greeting.ts" }).first().waitFor();
    await story.shot("files");
    await composer.press("Tab");
    assert.equal(await composer.inputValue(), "What is in src/greeting.ts ");
    await composer.pressSequentially("[[plan]]");
    await composer.press("Enter");
    await outrigger.says("done plan step 1");
    await view.locator("section.plan", { hasText: "The scripted plan." }).waitFor();
    await outrigger.turnEnded();
  });
  await story.step("/ offers commands, and the model is chosen from Codex's own list", async () => {
    await composer.pressSequentially("/mod");
    await view.locator("[role=option]", { hasText: "/model" }).first().waitFor();
    await composer.press("Enter");
    const rows = page.locator(".quick-input-list .monaco-list-row");
    await rows.filter({ hasText: "GPT-5.5" }).first().waitFor();
    await page.keyboard.type("high");
    await rows.filter({ hasText: "high" }).first().click();
    await view.locator("button.choice", { hasText: "high" }).waitFor();
    assert.equal(await composer.inputValue(), "");
  });
  await story.step("a message in colours, with a link to a line", async () => {
    const text = "See `src/greeting.ts:20`:\n\n```ts\nconst hour: number = 9; // early\n```";
    await outrigger.send(`Show me [[msg:${text}]]`);
    await view.locator("outrigger-item .t-keyword", { hasText: "const" }).last().waitFor();
    await outrigger.turnEnded();
    await story.shot("message");
    await view.locator("button.link", { hasText: "src/greeting.ts:20" }).last().click();
    await page.locator(".statusbar-item", { hasText: "Ln 20" }).waitFor();
  });
  await story.step("the thread is renamed and pinned in the list", async () => {
    await outrigger.listThreads();
    await outrigger.thread("What is in").waitFor();
    await menu("What is in src/greeting.ts [[plan]]", "Rename");
    await page.locator(".quick-input-widget input").fill("The greeting");
    await page.keyboard.press("Enter");
    await outrigger.thread("The greeting").waitFor();
    await menu("The greeting", "Pin");
    await view.locator("outrigger-threads h2", { hasText: "Pinned" }).waitFor();
  });
  await story.step("another thread is begun, deleted, and had back", async () => {
    await outrigger.button("New").click();
    await outrigger.send("Something else [[msg:Here it is.]]");
    await outrigger.says("Here it is.");
    await outrigger.turnEnded();
    await outrigger.listThreads();
    await outrigger.thread("Something else").waitFor();
    await story.shot("threads");
    await menu("Something else [[msg:Here it is.]]", "Delete");
    await view.locator("li.gone", { hasText: "Something else" }).waitFor();
    await outrigger.button("Undo").click();
    await outrigger.thread("Something else").waitFor();
  });
  await story.step("a search finds it by a word", async () => {
    await view.getByRole("searchbox").fill("something");
    await outrigger.thread("The greeting").waitFor({ state: "detached" });
    await outrigger.thread("Something else").waitFor();
    await view.getByRole("searchbox").fill("");
    await outrigger.thread("The greeting").click();
    await outrigger.says("done plan step 1");
  });
  await story.step("the thread is taken along as Markdown", async () => {
    await story.command("Export Thread as Markdown");
    await page.locator(".editor-group-container.active .view-line", { hasText: "# The greeting" }).first().waitFor();
  });
}
