// A folder that nobody has trusted: nothing runs, and the view says why.
import assert from "node:assert/strict";

export const title = "In a workspace that is not trusted nothing is started";
export const settings = {
  "security.workspace.trust.enabled": true,
  "security.workspace.trust.startupPrompt": "never",
};

export default async function (story) {
  const { outrigger } = story;
  await story.step("the view says that the workspace is not trusted", async () => {
    await story.openWindow();
    await outrigger.show();
    await outrigger.view.filter({ hasText: "This workspace is not trusted" }).waitFor();
    await outrigger.button("Manage Workspace Trust").waitFor();
  });
  await story.step("nothing of Outrigger's runs", async () => {
    assert.deepEqual(await story.running("/server/outrigger"), []);
    assert.deepEqual(await story.running("codex app-server"), []);
  });
  await story.shot("untrusted");
  await story.step("trusted, it starts", async () => {
    await outrigger.button("Manage Workspace Trust").click();
    await story.page.locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ }).click();
    await outrigger.composerReady();
  });
}
