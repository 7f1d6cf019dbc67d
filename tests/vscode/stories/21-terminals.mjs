// Terminals live in the daemon: a window shows them, and shows them again.
import assert from "node:assert/strict";

export const title = "A terminal outlives the window: the same screen after a reload, and in a second window";
// Rows that can be read.
export const settings = { "terminal.integrated.gpuAcceleration": "off" };

export default async function (story) {
  const { terminals, outrigger, page } = story;
  const shells = () => story.running("/shell/bash/outrigger.bash");
  await story.step("a person opens a terminal and types", async () => {
    await story.openWindow();
    await outrigger.open();
    await story.command("Outrigger: New Terminal");
    await terminals.ready();
    await terminals.types("PS1='> '; WHO=Ada; clear");
    await terminals.types("git status --short; echo 'ein Gruß: é ü €'; seq -s ' ' 1 30");
    await terminals.shows("ein Gruß");
    await terminals.shows("28 29 30");
  });
  const [shell, ...others] = await shells();
  assert.deepEqual(others, []);
  await story.step("the window is reloaded: the same screen, and the shell goes on", async () => {
    const before = await terminals.rows();
    await story.reloadByCommand();
    await terminals.shows("28 29 30");
    await story.eventually("the same rows", async () => {
      return JSON.stringify(await terminals.rows()) === JSON.stringify(before);
    });
    assert.deepEqual(await shells(), [shell]);
    await terminals.types('echo "it is still $WHO"');
    await terminals.shows("it is still Ada");
  });
  await story.shot("reloaded");
  await story.step("a flood does not hold the window up: Ctrl-C works, and what comes next is seen", async () => {
    await terminals.types("yes outrigger");
    await terminals.shows("outrigger");
    await page.keyboard.press("Control+C");
    await terminals.types("echo calm again");
    await terminals.shows(/^calm again/);
  });
  let other;
  await story.step("a second window attaches to it, and both see what one types", async () => {
    other = await story.anotherWindow();
    await other.outrigger.open();
    await other.command("Outrigger: Attach to Terminal…");
    await other.page.locator(".quick-input-list .monaco-list-row").first().click();
    await other.terminals.shows("calm again");
    await other.terminals.types("echo from the other window");
    await terminals.shows(/^from the other window/);
    await other.terminals.shows(/^from the other window/);
  });
  await other.shot("attached");
  await story.step("its tab is closed while something runs: that is said, and goes on", async () => {
    await terminals.types("sleep 1000");
    await terminals.shows("> sleep 1000");
    await story.command("Terminal: Kill the Active Terminal Instance");
    await page.locator(".notification-toast", { hasText: "sleep 1000" }).waitFor();
    assert.equal((await story.running("sleep 1000")).length, 1);
  });
  await story.shot("closed");
  await story.step("ended by the person, it is gone in the other window too", async () => {
    await page.locator(".notification-toast .monaco-button", { hasText: "End It" }).click();
    await story.eventually("nothing runs", async () => {
      const left = [...(await story.running("sleep 1000")), ...(await shells())];
      return left.length === 0;
    });
    await other.terminals.front.waitFor({ state: "detached" });
  });
}
