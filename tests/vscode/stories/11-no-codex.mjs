// No codex on the machine: one button types the command that installs it into an ordinary terminal.
import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pinnedCodex } from "../../tools/codex.mjs";

export const title = "Without Codex the view offers to install it in a terminal";
export const rare = true;

export default async function (story) {
  const { outrigger, page } = story;
  const tools = path.join(story.codexHome, "tools");
  const codex = path.join(tools, "codex");
  await story.step("there is no codex, and npm is one that installs the pinned one", async () => {
    await mkdir(tools, { recursive: true });
    const npm = path.join(tools, "npm");
    await writeFile(npm, `#!/bin/sh\necho "npm was told: $*"\nln -s '${await pinnedCodex()}' '${codex}'\n`);
    await chmod(npm, 0o755);
    await story.configure({
      "outrigger.codex.path": codex,
      "terminal.integrated.env.linux": { PATH: `${tools}:/usr/bin:/bin` },
      // Its text is then in the page, not in a picture.
      "terminal.integrated.gpuAcceleration": "off",
    });
  });
  await story.step("the view says so", async () => {
    await story.openWindow();
    await outrigger.show();
    await outrigger.view.filter({ hasText: "Codex is not installed" }).waitFor();
  });
  await story.step("Install Codex types the command into a terminal", async () => {
    await outrigger.button("Install Codex").click();
    await page.locator(".terminal-wrapper.active .xterm-rows", { hasText: /npm install -g @openai\/codex/ }).waitFor();
    await page
      .locator(".terminal-wrapper.active .xterm-rows", { hasText: /npm was told: install -g @openai\/codex/ })
      .waitFor();
  });
  await story.shot("terminal");
  await story.step("and then Retry finds it", async () => {
    await outrigger.button("Retry").click();
    await outrigger.composerReady();
  });
}
