// VS Code's panel of terminals, and what a person does there. Its rows can be read where no GPU draws them.

const SHOWN_MS = 30_000;

export class Terminals {
  #page;

  constructor(page) {
    this.#page = page;
  }

  /** The terminal that is in front. */
  get front() {
    return this.#page.locator(".terminal-wrapper.active .xterm");
  }

  /** The tabs of the panel, where there are several. */
  get tabs() {
    return this.#page.locator(".terminal-tabs-entry");
  }

  /** What the front one shows, row by row, without blanks at their ends. */
  async rows() {
    const rows = await this.front.locator(".xterm-rows > div").allTextContents();
    return rows.map((row) => row.replaceAll(" ", " ").trimEnd()).filter((row) => row !== "");
  }

  /** Waits until a shell has said something. */
  async ready() {
    await this.front.locator(".xterm-rows > div", { hasText: /\S/ }).first().waitFor({ timeout: SHOWN_MS });
  }

  /** Waits until the front one shows a text in one row. */
  async shows(text) {
    const row = this.front.locator(".xterm-rows > div", { hasText: text });
    await row.first().waitFor({ timeout: SHOWN_MS });
  }

  /** Types a line into the front one. */
  async types(line) {
    await this.front.click();
    await this.#page.keyboard.type(line);
    await this.#page.keyboard.press("Enter");
  }
}
