// Nobody is signed in: that is said where it can be done, and a key goes to Codex and nowhere else.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

export const rare = true;

export const title = "Somebody signs in with a key, and the account is the same in every window";
const KEY = "sk-outrigger-0123456789abcdef";

export default async function (story) {
  const { outrigger, page } = story;
  const item = (window) => window.page.locator(".statusbar-item[id*='outrigger.account']");
  await story.step("Codex wants an account, and the status bar says so", async () => {
    const config = path.join(story.codexHome, "config.toml");
    const text = await readFile(config, "utf8");
    await writeFile(config, text.replace("requires_openai_auth = false", "requires_openai_auth = true"));
    await story.openWindow();
    await outrigger.open();
    await item(story).filter({ hasText: "Sign in to Codex" }).waitFor();
  });
  await story.step("the ways to sign in; a code comes first where the browser is elsewhere", async () => {
    await item(story).click();
    const ways = page.locator(".quick-input-list .monaco-list-row");
    await ways.first().filter({ hasText: "ChatGPT with a code" }).waitFor();
    await ways.filter({ hasText: "ChatGPT in the browser" }).waitFor();
    await story.shot("ways");
    await ways.filter({ hasText: "API key" }).click();
  });
  await story.step("a key is typed, and somebody is signed in", async () => {
    await page.locator(".quick-input-widget input[type='password']").fill(KEY);
    await page.keyboard.press("Enter");
    await item(story).waitFor({ state: "hidden" });
    const kept = await readFile(path.join(story.codexHome, "auth.json"), "utf8");
    assert.ok(kept.includes(KEY));
  });
  await story.step("another window knows without asking, and names account, skills and rules", async () => {
    const other = await story.anotherWindow();
    await other.outrigger.open();
    await other.command("Outrigger: Account and Limits…");
    const rows = other.page.locator(".quick-input-list .monaco-list-row");
    await rows.filter({ hasText: "Signed in with an API key" }).waitFor();
    await rows.filter({ hasText: "Commands that are always allowed" }).waitFor();
    await other.shot("account");
    assert.equal(await item(other).isVisible(), false);
  });
}
