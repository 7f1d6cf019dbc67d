// Tests of an automation's form: what is asked while a rule is typed, what is refused and where that stands, hostile texts,
// and accessibility.
import assert from "node:assert/strict";
import { LINE } from "./hostile.mjs";

const OCCURRENCES = [0, 1, 2, 3, 4].map((day) => Date.UTC(2026, 10, 23 + day, 8, 0));

export const values = (fields = {}) => ({
  ...{ name: "Yesterday's issues", prompt: "Look at what came in yesterday.", timezone: "Europe/Berlin" },
  rrule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0",
  cwds: [{ uri: "file:///home/ada/shop", path: "/home/ada/shop" }],
  ...{ executionEnvironment: "worktree", branch: "", model: null, reasoningEffort: null, approvalPolicy: null },
  ...{ sandbox: null, approvalTimeoutMinutes: 60, maxRunMinutes: 120, missed: "catchUpOnce", overlap: "skip" },
  deadlineMinutes: 720,
  ...fields,
});

export const page = (fields = {}) => ({
  ...{
    id: null,
    createdAt: null,
    heartbeat: false,
    folders: [],
    atLogin: "no",
    atLoginFailure: null,
    saving: false,
    failure: null,
  },
  models: [{ model: "gpt-5.5", name: "GPT-5.5", efforts: ["low", "medium", "high"] }],
  own: { model: "gpt-5.5", effort: "medium", approvalPolicy: "on-request", sandbox: "workspace-write" },
  ...fields,
});

const language = (texts = {}) => ({ type: "language", language: Object.keys(texts).length ? "de" : "en", texts });
const refusal = (field, message) => ({ field, message, hint: null });

/** Answers the question that the form asked last. */
async function answer(webview, { failure = null, canonicalRule } = {}) {
  const { request, rrule, timezone } = await webview.posted("preview");
  const preview = failure ? null : { occurrences: OCCURRENCES, canonicalRule: canonicalRule ?? rrule, timezone };
  await webview.tell({ type: "preview", request, preview, failure });
}

async function open(webview, given = values(), shown = page()) {
  await webview.tell(language(), { type: "values", values: given }, { type: "page", page: shown });
  await webview.page.locator("#name").waitFor();
}

const asked = ({ page: shown }) =>
  shown.evaluate(() => globalThis.posted.filter(({ type }) => type === "preview").map(({ rrule }) => rrule));

export function automationTests({ test: add, accessible, strangers }) {
  const wide = { part: "automation", width: 900 };
  const test = (name, run, options = {}) => add(`form: ${name}`, run, { ...wide, ...options });

  test("what comes next follows the rule, with one question at a time", async (webview) => {
    await open(webview);
    await answer(webview);
    const { page: shown } = webview;
    await shown.locator(".preview", { hasText: "Next, in Europe/Berlin:" }).waitFor();
    assert.deepEqual(await shown.locator(".preview li").allTextContents(), [
      "Mon, Nov 23, 2026, 09:00 AM GMT+1",
      "Tue, Nov 24, 2026, 09:00 AM GMT+1",
      "Wed, Nov 25, 2026, 09:00 AM GMT+1",
      "Thu, Nov 26, 2026, 09:00 AM GMT+1",
      "Fri, Nov 27, 2026, 09:00 AM GMT+1",
    ]);
    await shown.locator("#every").selectOption("By a rule (RFC 5545)");
    await shown.locator("#rrule").fill("");
    await shown.locator("#rrule").pressSequentially("FREQ=DAILY");
    // However much is typed, only the first is asked until its answer is there; then what is written by then.
    assert.deepEqual((await asked(webview)).slice(1), [""]);
    await answer(webview, { failure: refusal("rrule", "FREQ is missing.") });
    await shown.waitForFunction(
      () => globalThis.posted.findLast(({ type }) => type === "preview").rrule === "FREQ=DAILY",
    );
    await shown.locator("#rrule-failure", { hasText: "FREQ is missing." }).waitFor();
    assert.equal(await shown.locator("#rrule").getAttribute("aria-invalid"), "true");
    await shown.locator(".preview", { hasText: "Next as it was" }).waitFor();
    await answer(webview, { canonicalRule: "FREQ=DAILY;BYHOUR=2;BYMINUTE=30" });
    await shown.locator(".preview", { hasText: "Understood as FREQ=DAILY;BYHOUR=2;BYMINUTE=30" }).waitFor();
    await shown.locator("#rrule-failure").waitFor({ state: "detached" });
    assert.deepEqual(await asked(webview), [values().rrule, "", "FREQ=DAILY"]);
  });

  test("an answer to a question of before is left out", async (webview) => {
    await open(webview);
    const { request } = await webview.posted("preview");
    await webview.tell({ type: "preview", request: request - 1, preview: null, failure: refusal("rrule", "Too late") });
    await answer(webview);
    await webview.page.locator(".preview li").first().waitFor();
    assert.equal(await webview.page.locator("#rrule-failure").count(), 0);
  });

  test("fields make the rule, and the rule makes the fields", async (webview) => {
    await open(webview, values({ timezone: "" }));
    const { page: shown } = webview;
    assert.equal(await shown.locator("#timezone").inputValue(), "Europe/Berlin");
    await shown.locator("#time").fill("17:45");
    await shown.locator(".days label", { hasText: "Mon" }).click();
    const rule = async (wanted) => {
      await answer(webview);
      await shown.waitForFunction(
        (said) => globalThis.posted.findLast(({ type }) => type === "preview").rrule === said,
        wanted,
      );
    };
    await rule("FREQ=WEEKLY;BYDAY=TU,WE,TH,FR;BYHOUR=17;BYMINUTE=45");
    await shown.locator("#every").selectOption("Every month");
    await shown.locator("#monthDay").fill("31");
    await rule("FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=17;BYMINUTE=45");
    await shown.locator("#every").selectOption("By a rule (RFC 5545)");
    await shown.locator("#rrule").fill("RRULE:FREQ=DAILY;BYHOUR=6;BYMINUTE=5");
    await rule("RRULE:FREQ=DAILY;BYHOUR=6;BYMINUTE=5");
    await shown.locator("#every").selectOption("Every day");
    assert.equal(await shown.locator("#time").inputValue(), "06:05");
  });

  test("what is saved is what is written, and a refusal stands at its field and has the keyboard", async (webview) => {
    await open(webview);
    const { page: shown } = webview;
    await shown.locator("#name").fill("Nightly");
    await shown.locator("#sandbox").selectOption("Full access");
    await shown.locator("#approvalPolicy").selectOption("Never ask");
    await shown.locator(".note.denied", { hasText: "Full access without approvals is refused" }).waitFor();
    await shown.locator("summary").click();
    await shown.locator("#maxRunMinutes").fill("200");
    await shown.locator("vscode-button", { hasText: "Create" }).click();
    const wanted = { name: "Nightly", sandbox: "danger-full-access", approvalPolicy: "never", maxRunMinutes: 200 };
    assert.deepEqual(await webview.posted("save"), { type: "save", values: values(wanted) });
    await shown.locator("summary").click();
    const failure = refusal("maxRunMinutes", "maxRunMinutes is not between 0.08 and 180 minutes.");
    await webview.tell({ type: "page", page: page({ failure }) });
    await shown.locator("#maxRunMinutes-failure", { hasText: "180 minutes" }).waitFor();
    await shown.waitForFunction(
      () => document.querySelector("outrigger-automation").shadowRoot.activeElement?.id === "maxRunMinutes",
    );
    await shown.locator("footer", { hasText: "Not saved: look above." }).waitFor();
  });

  test("what was written is there again when the tab comes back", async (webview) => {
    await open(webview);
    await webview.page.locator("#prompt").fill("Written and not saved");
    // As VS Code tells a webview that it builds anew: what the extension has, again.
    await webview.tell({ type: "values", values: values() });
    assert.equal(await webview.page.locator("#prompt").inputValue(), "Written and not saved");
  });

  test("the start at login is offered where it can be, and not where it is", async (webview) => {
    await open(webview);
    const note = webview.page.locator(".note", {
      hasText: "Runs only while an editor has been open since you logged in",
    });
    await note.locator("vscode-button", { hasText: "Start at Login" }).click();
    await webview.posted("installAtLogin");
    await webview.tell({ type: "page", page: page({ atLoginFailure: "systemd is not there." }) });
    await note.locator("[role=alert]", { hasText: "systemd is not there." }).waitFor();
    await webview.tell({ type: "page", page: page({ atLogin: "unknown" }) });
    await note.locator("vscode-button").waitFor({ state: "detached" });
    await webview.tell({ type: "page", page: page({ atLogin: "yes" }) });
    await note.waitFor({ state: "detached" });
  });

  test("hostile texts stay texts", async (webview) => {
    const folder = { uri: "file:///x", path: `/home/${LINE}` };
    const failure = refusal("cwds", LINE);
    const hostile = values({ name: LINE, prompt: LINE, branch: LINE, cwds: [folder], model: LINE, sandbox: LINE });
    await open(webview, hostile, page({ failure, folders: [{ uri: "file:///y", path: LINE }], atLoginFailure: LINE }));
    const { request } = await webview.posted("preview");
    const preview = { occurrences: OCCURRENCES, canonicalRule: LINE, timezone: LINE };
    await webview.tell({ type: "preview", request, preview, failure: null });
    await webview.page.locator(".preview code", { hasText: "onerror" }).waitFor();
    await webview.settled();
    assert.deepEqual(await webview.page.evaluate(strangers), []);
    assert.equal(await webview.page.evaluate(() => globalThis.owned), undefined);
    assert.equal(await webview.page.locator("#name").inputValue(), LINE);
  });

  test("it speaks the person's language", async (webview) => {
    const texts = { "New automation": "Neue Automation", "Next, in {0}:": "Die nächsten, in {0}:" };
    await webview.tell(language(texts), { type: "values", values: values() }, { type: "page", page: page() });
    await webview.page.locator("h1", { hasText: "Neue Automation" }).waitFor();
    await answer(webview);
    await webview.page.locator(".preview", { hasText: "Die nächsten, in Europe/Berlin:" }).waitFor();
    assert.equal(await webview.page.locator(".preview li").first().textContent(), "Mo., 23. Nov. 2026, 09:00 MEZ");
  });

  const scenes = {
    new: [values({ name: "", prompt: "" }), page({ folders: [{ uri: "file:///b", path: "/home/ada/bakery" }] })],
    rule: [values({ rrule: "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0" }), page({ id: "a" })],
    refused: [
      values({ executionEnvironment: "local", sandbox: "danger-full-access", approvalPolicy: "never", missed: "skip" }),
      page({ id: "a", atLoginFailure: "systemd is not there.", failure: refusal("sandbox", "That is refused.") }),
    ],
    loading: [values(), null],
  };
  for (const theme of ["light", "dark", "hcDark", "hcLight"]) {
    for (const [name, [given, shown]] of Object.entries(scenes)) {
      test(
        `axe finds nothing in ${name} (${theme})`,
        async (webview) => {
          if (shown) {
            await open(webview, given, shown);
            await answer(webview, name === "refused" ? { failure: refusal("rrule", "FREQ is missing.") } : {});
            await webview.page
              .locator(name === "refused" ? "#rrule-failure, #every" : ".preview li")
              .first()
              .waitFor();
            await webview.page.locator("summary").click();
          } else await webview.tell(language());
          await accessible(webview);
        },
        { theme },
      );
    }
  }
}
