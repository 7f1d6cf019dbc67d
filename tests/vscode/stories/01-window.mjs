// The window comes up on the repository with the extension in it.
export const title = "A window opens and shows the Outrigger view";

export default async function (story) {
  await story.step("the window opens", () => story.openWindow());
  await story.step("a file opens", () => story.openFile("src/greeting.ts"), { shot: "file" });
  await story.step(
    "the Outrigger view opens",
    async () => {
      await story.page.locator('.activitybar .action-label[aria-label*="Outrigger"]').first().click();
      const view = await story.webview("outrigger-view");
      await view.locator("outrigger-view").waitFor({ timeout: 30_000 });
    },
    { shot: "view" },
  );
}
