// Where Outrigger shows in VS Code's page, and what a person does there.

const SHOWN_MS = 30_000;
/** Where the side bar ends, in pixels from the left. */
const VIEW_EDGE = 480;

export class Outrigger {
  #page;

  constructor(page) {
    this.#page = page;
  }

  /** The view's document: a frame in a frame, found anew at each use. */
  get view() {
    const frame = this.#page.frameLocator('iframe.webview[src*="purpose=webviewView"]');
    return frame.frameLocator("iframe#active-frame").locator("outrigger-view");
  }

  /** The form of an automation, in a tab of its own. */
  get form() {
    const frame = this.#page.frameLocator('iframe.webview:not([src*="purpose=webviewView"])');
    return frame.frameLocator("iframe#active-frame").locator("outrigger-automation");
  }

  /** The list of the side bar that is called so, folded or not. */
  list(name) {
    return this.#page.locator(".pane").filter({ has: this.#page.locator(`.pane-header[aria-label^="${name}"]`) });
  }

  /** Unfolds a list of the side bar. */
  async unfold(name) {
    const header = this.list(name).locator(".pane-header");
    await header.waitFor({ timeout: SHOWN_MS });
    if ((await header.getAttribute("aria-expanded")) !== "true") await header.click();
  }

  /** Does what the row of a list offers, by the title of its icon. */
  async onRow(row, action) {
    await row.hover();
    await row.locator(`.actions .action-label[aria-label^="${action}"]`).click();
  }

  get composer() {
    return this.view.locator("outrigger-composer textarea");
  }

  get transcript() {
    return this.view.locator("main");
  }

  /** The cards of what waits. */
  get cards() {
    return this.view.locator("outrigger-card");
  }

  /** The code lenses of the active editor, a row for each line that has some. */
  get lenses() {
    return this.#page.locator(".editor-group-container.active .codelens-decoration");
  }

  /** One link of a lens row. */
  lens(text) {
    return this.lenses.locator("a", { hasText: text }).first();
  }

  /** The messages that wait for the running turn to end. */
  get queue() {
    return this.view.locator('section[aria-label="Queued messages"]');
  }

  /** The rows of the review list: files, and below each its changes. */
  get review() {
    return this.#page
      .locator('.pane[id*="outrigger"], .pane')
      .filter({ hasText: "Review" })
      .locator(".monaco-list-row");
  }

  /** The list of what waits, which is folded at first. */
  get #waiting() {
    return this.list("Waiting for You");
  }

  /** The rows of the list of what waits. */
  get approvals() {
    return this.#waiting.locator(".monaco-list-row");
  }

  async openApprovals() {
    await this.#waiting.locator(".pane-header").click();
    await this.approvals.first().waitFor({ timeout: SHOWN_MS });
  }

  /** What can be done about a finished turn, by its name. */
  turnAction(name) {
    return this.view.locator(".actions.turn button", { hasText: name }).last();
  }

  /** The count on the view's icon. */
  get badge() {
    return this.#page
      .locator(".activitybar .action-item", { has: this.#page.locator('[aria-label*="Outrigger"]') })
      .locator(".badge-content");
  }

  get comments() {
    return this.#page.locator(".review-widget");
  }

  get statusBar() {
    return this.#page.locator(".statusbar-item[id*='outrigger.status']");
  }

  /** A button of the view, by its whole name. */
  button(name) {
    return this.view.locator("vscode-button", { hasText: new RegExp(`^\\s*${name}\\s*$`) });
  }

  /** Opens the view and waits until Codex can be written to. */
  async open() {
    await this.show();
    await this.composerReady();
  }

  /** Shows the thread whose first message begins so. */
  async pickThread(name) {
    await this.listThreads();
    await this.thread(name).first().click();
  }

  /** Shows the list of threads in place of the thread. */
  async listThreads() {
    await this.view.locator('button[title="Switch thread"]').click();
    await this.view.locator("outrigger-threads").waitFor({ timeout: SHOWN_MS });
  }

  /** Threads of the list, by what they are called. */
  thread(name) {
    return this.view.locator("outrigger-threads button.open", { hasText: name });
  }

  /** Opens the view, whatever it says. */
  async show() {
    // The badge of what waits lies over the icon, and takes the click for it.
    const icon = this.#page.locator(".activitybar .action-item", {
      has: this.#page.locator('.action-label[aria-label*="Outrigger"]'),
    });
    await icon.first().click();
    await this.view.waitFor({ timeout: SHOWN_MS });
    await this.#widen();
  }

  /** Gives the view room, as a person would; the pointer then rests where it points at nothing. */
  async #widen() {
    const { x, width, height } = await this.#page.locator(".part.sidebar").boundingBox();
    const edge = x + width + 2;
    await this.#page.mouse.move(edge, height / 2);
    await this.#page.mouse.down();
    await this.#page.mouse.move(VIEW_EDGE, height / 2, { steps: 3 });
    await this.#page.mouse.up();
    await this.#page.mouse.move(1100, 17);
  }

  async composerReady() {
    await this.view.locator("outrigger-composer:not([away]) textarea:enabled").waitFor({ timeout: SHOWN_MS });
  }

  /** Writes a prompt into the composer and sends it. */
  async send(prompt) {
    await this.composer.fill(prompt);
    await this.composer.press("Enter");
  }

  /** Waits until the transcript shows a text. */
  async says(text) {
    await this.transcript.locator("outrigger-item", { hasText: text }).last().waitFor({ timeout: SHOWN_MS });
  }

  /** Waits until no turn runs: the composer sends again instead of steering. */
  async turnEnded() {
    await this.view
      .locator('outrigger-composer textarea[aria-label="Message to Codex"]')
      .waitFor({ timeout: SHOWN_MS });
    await this.button("Stop").waitFor({ state: "detached", timeout: SHOWN_MS });
  }

  /**
   * Continues an interrupted turn, and accepts whatever waits until that has ended. How much of a turn outlives its
   * process, and so what Codex does next, is a matter of moments.
   */
  async continueTurn() {
    await this.button("Continue").click();
    await this.says("Continue.");
    const accept = this.button("Accept");
    const ended = this.view.locator('outrigger-composer textarea[aria-label="Message to Codex"]');
    while (!(await ended.isVisible())) {
      await accept.or(ended).first().waitFor({ timeout: SHOWN_MS });
      if (await accept.isVisible()) {
        await accept.click();
        await accept.waitFor({ state: "hidden", timeout: SHOWN_MS });
      }
    }
  }

  /** Waits until nothing anywhere asks any more. */
  async nothingAsks() {
    const bar = this.statusBar.filter({ hasText: "waits for you" });
    for (const place of [this.cards, this.lenses.filter({ hasText: "Codex wants" }), this.comments, bar])
      await place.first().waitFor({ state: "hidden", timeout: SHOWN_MS });
  }
}
