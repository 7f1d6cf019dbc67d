// The window comes up on the repository with the extension in it.
export const title = "A window opens and shows the Outrigger view";

export default async function (story) {
  await story.step("the window opens", () => story.openWindow());
  await story.step("a file opens", () => story.openFile("src/greeting.ts"), { shot: "file" });
  await story.step(
    "the Outrigger view is in the activity bar",
    async () => {
      await story.page.locator('.activitybar .action-label[aria-label*="Outrigger"]').first().click();
      await story.page
        .locator(".composite.title", { hasText: /outrigger/i })
        .first()
        .waitFor();
    },
    { shot: "view" },
  );
}
