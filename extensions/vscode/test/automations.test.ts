import { expect, test } from "vitest";
import { Automations } from "../src/automations/automations";
import { AutomationForm } from "../src/automations/form";
import type { FormValues, ToForm } from "../src/automations/formMessages";
import { Inbox } from "../src/automations/inbox";
import { permitted } from "../src/automations/permitted";
import {
  automationRow,
  automationTooltip,
  isOpen,
  itemRow,
  runRow,
  runTitle,
  runTooltip,
  standingOf,
} from "../src/automations/wording";
import type { Automation, AutomationRun, InboxItem } from "../src/protocol.generated";
import { FakeLink, refused, settled } from "./fakeLink";

const DUE = Date.UTC(2026, 10, 23, 8, 30);
/** How a date is punctuated is the engine's matter. */
const plain = (text: string) => text.replaceAll(",", "");
const NOW = Date.UTC(2026, 10, 22, 12, 0);

function automation(fields: Partial<Automation> = {}): Automation {
  return {
    ...{
      id: "issues",
      name: "Yesterday's issues",
      prompt: "Look.",
      status: "ACTIVE",
      kind: "cron",
      owner: "outrigger",
    },
    ...{ rrule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=30", canonicalRule: null, problem: null },
    ...{ timezone: "Europe/Berlin", missed: "catchUpOnce", overlap: "skip", deadlineMinutes: 720, branch: null },
    ...{ cwds: ["file:///home/ada/shop"], model: null, reasoningEffort: null, executionEnvironment: "worktree" },
    ...{ approvalPolicy: null, sandbox: null, approvalTimeoutMinutes: 60, maxRunMinutes: 120, targetThreadId: null },
    ...{ nextRunAt: DUE, lastRunAt: null, createdAt: 5, updatedAt: 5 },
    ...fields,
  };
}

function run(runId: string, fields: Partial<AutomationRun> = {}): AutomationRun {
  return {
    ...{ runId, automationId: "issues", scheduledFor: DUE, trigger: "schedule", status: "PENDING_REVIEW" },
    ...{ threadId: "t1", turnId: "u1", title: "Two are new", summary: null, error: null, startedAt: DUE },
    ...{
      finishedAt: DUE + 95_000,
      readAt: null,
      archivedReason: null,
      missed: 0,
      attempt: 1,
      cwd: null,
      worktree: null,
    },
    ...fields,
  };
}

function item(id: string, fields: Partial<InboxItem> = {}): InboxItem {
  return {
    ...{ id, runId: `r${id}`, automationId: "issues", threadId: "t1", title: "Two are new", description: "All read." },
    ...{ createdAt: Number(id), readAt: null, archivedAt: null },
    ...fields,
  };
}

test("what is listed follows what is told, and a file that can't be used is named", async () => {
  const link = new FakeLink();
  let problems: object[] = [];
  let list = [automation()];
  link.answer("outrigger/automation/list", () => ({ automations: list, problems }));
  link.answer("outrigger/automation/runs", () => ({ runs: [run("r1")], nextCursor: null }));
  const automations = new Automations(link);
  automations.connect();
  expect(automations.state).toBe("loading");
  await settled();
  expect([automations.state, automations.all, automations.runsOf("issues")]).toEqual(["ready", list, [run("r1")]]);

  list = [automation({ status: "PAUSED" }), automation({ id: "a", name: "Another" })];
  problems = [{ uri: "file:///h/automations/b/automation.toml", message: "Line 3 is no TOML." }];
  for (const one of list) link.note("outrigger/automation/changed", { id: one.id, automation: one });
  expect(automations.all.map(({ id, status }) => [id, status])).toEqual([
    ["a", "ACTIVE"],
    ["issues", "PAUSED"],
  ]);
  await settled();
  expect(automations.problems).toEqual(problems);

  const later = run("r2", { scheduledFor: DUE + 1, status: "IN_PROGRESS", worktree: "file:///w/r2" });
  link.note("outrigger/automation/runChanged", { run: later });
  expect(automations.runsOf("issues")).toEqual([later, run("r1")]);
  expect(automations.worktrees).toEqual([later]);

  list = [];
  link.note("outrigger/automation/changed", { id: "issues", automation: null });
  await settled();
  expect(automations.all).toEqual([]);
});

test("a run that is told while the runs are read is the newer one", async () => {
  const link = new FakeLink();
  link.answer("outrigger/automation/list", () => ({ automations: [automation()], problems: [] }));
  link.answer("outrigger/automation/runs", async () => {
    link.note("outrigger/automation/runChanged", { run: run("r1", { status: "ACCEPTED" }) });
    await settled();
    return { runs: [run("r1")], nextCursor: null };
  });
  const automations = new Automations(link);
  automations.connect();
  await settled();
  await settled();
  expect([automations.state, automations.run("r1")?.status]).toEqual(["ready", "ACCEPTED"]);
});

test("older runs are read when they are asked for, and until there are none", async () => {
  const link = new FakeLink();
  const cursors: unknown[] = [];
  link.answer("outrigger/automation/list", () => ({ automations: [automation()], problems: [] }));
  link.answer("outrigger/automation/runs", ({ automationId, cursor }) => {
    if (!automationId) return { runs: [run("r3", { scheduledFor: 3 })], nextCursor: "any" };
    cursors.push(cursor);
    if (cursor === undefined)
      return { runs: [run("r3", { scheduledFor: 3 }), run("r2", { scheduledFor: 2 })], nextCursor: "c" };
    return { runs: [run("r1", { scheduledFor: 1 })], nextCursor: null };
  });
  const automations = new Automations(link);
  automations.connect();
  await settled();
  while (automations.mayHaveOlder("issues")) await automations.loadOlder("issues");
  expect(cursors).toEqual([undefined, "c"]);
  expect(automations.runsOf("issues").map(({ runId }) => runId)).toEqual(["r3", "r2", "r1"]);
});

test("an Outrigger without automations has none, one that fails says why, and the next try is asked anew", async () => {
  const without = new Automations(new FakeLink());
  without.connect();
  await settled();
  expect(without.state).toBe("away");

  const link = new FakeLink();
  let broken = true;
  link.answer("outrigger/automation/list", () => {
    if (broken) throw refused("The store is damaged.", { kind: "store" });
    return { automations: [], problems: [] };
  });
  link.answer("outrigger/automation/runs", () => ({ runs: [], nextCursor: null }));
  const automations = new Automations(link);
  automations.connect();
  await settled();
  expect([automations.state, automations.error]).toEqual(["failed", "The store is damaged."]);
  broken = false;
  await automations.refresh();
  expect([automations.state, automations.error]).toEqual(["ready", null]);
  link.become({ state: "starting", again: true });
  expect(automations.state).toBe("ready");
  link.become({ state: "off" });
  expect(automations.state).toBe("away");
});

test("the inbox counts what is unread, and what is read or archived elsewhere too", async () => {
  const link = new FakeLink();
  let items = [item("1"), item("2"), item("3", { readAt: 9 })];
  link.answer("outrigger/inbox/list", () => ({ items }));
  link.answer("outrigger/inbox/markRead", ({ id }) => ({ item: item(id, { readAt: 10 }) }));
  link.answer("outrigger/inbox/archive", ({ id }) => ({ item: item(id, { archivedAt: 11 }) }));
  const inbox = new Inbox(link);
  inbox.connect();
  await settled();
  const shown = () => [inbox.items.map(({ id }) => id), inbox.unread];
  expect(shown()).toEqual([["3", "2", "1"], 2]);
  await inbox.read(item("2"));
  expect(shown()).toEqual([["3", "2", "1"], 1]);
  await inbox.archive(item("3"));
  expect(shown()).toEqual([["2", "1"], 1]);
  link.note("outrigger/inbox/changed", { item: item("4") });
  expect(shown()).toEqual([["4", "2", "1"], 2]);
  // A run that is accepted is read, which is not told by itself.
  items = [item("4", { readAt: 12 })];
  link.note("outrigger/automation/runChanged", { run: run("r4", { status: "ACCEPTED" }) });
  await settled();
  expect(inbox.get("4")?.readAt).not.toBe(undefined);
  await inbox.read(item("4", { readAt: 12 }));
  expect(link.methods.filter((method) => method === "outrigger/inbox/markRead")).toHaveLength(1);
});

test("a row says when it is due and by which clock, or why it is not", () => {
  const row = (fields: Partial<Automation>, running = false) =>
    plain(automationRow(automation(fields), running, NOW, "en-GB"));
  expect(row({})).toBe("Mon 09:30 (Berlin) · Weekdays at 09:30");
  expect(row({ nextRunAt: Date.UTC(2026, 11, 25, 8, 30) })).toBe("Fri 25 Dec 09:30 (Berlin) · Weekdays at 09:30");
  expect(row({}, true)).toBe("runs now · Weekdays at 09:30");
  expect(row({ status: "PAUSED", nextRunAt: null })).toBe("paused · Weekdays at 09:30");
  expect(row({ problem: "The quota is spent.", status: "PAUSED" })).toBe("The quota is spent. · Weekdays at 09:30");
  expect(row({ owner: "desktop" })).toBe("run by the desktop app · Weekdays at 09:30");
  const standings = [automation(), automation({ owner: "desktop", problem: "x" }), automation({ problem: "x" })];
  expect(standings.map(standingOf)).toEqual(["active", "desktop", "stopped"]);
  expect(plain(automationTooltip(automation({ lastRunAt: DUE }), run("r1"), "en-GB")).split("\n")).toEqual([
    "Yesterday's issues",
    "Weekdays at 09:30 (Europe/Berlin)",
    "Next: Mon 23 Nov 2026 09:30 CET Europe/Berlin",
    "Last: To review Mon 23 Nov 2026 09:30 CET Europe/Berlin",
    "In shop",
  ]);
});

test("a run says how it ended, why, and how long it took", () => {
  const failed = run("r1", { status: "FAILED", error: "The folder is gone.", trigger: "manual", attempt: 2 });
  expect(plain(runRow(failed, "Europe/Berlin", "en-GB"))).toBe("Failed · Mon 23 Nov 09:30 · by hand · 2. attempt");
  expect(plain(runTooltip(failed, "UTC", "en-GB")).split("\n")).toEqual([
    "Failed: Two are new",
    "The folder is gone.",
    "Due: Mon 23 Nov 2026 08:30 UTC",
    "Began: Mon 23 Nov 2026 08:30 UTC",
    "Ended: Mon 23 Nov 2026 08:31 UTC",
    "Took 1 min 35 s",
  ]);
  const named = run("r1", { title: "Yesterday's issues", summary: "Two are new.\nBoth are small." });
  expect(runTitle(named, "Yesterday's issues")).toBe("Two are new. ⏎ Both are small.");
  const missed = run("r2", { status: "MISSED", missed: 3, title: null, startedAt: null, finishedAt: null });
  expect(plain(runRow(missed, "UTC", "en-GB"))).toBe("Mon 23 Nov 08:30");
  expect(plain(runTooltip(missed, "UTC", "en-GB"))).toBe(
    "Missed 3 times: Missed 3 times\nDue: Mon 23 Nov 2026 08:30 UTC",
  );
  const open = (status: AutomationRun["status"], worktree: string | null = null) =>
    isOpen(run("r", { status, worktree }));
  expect([open("PENDING_REVIEW"), open("FAILED"), open("MISSED"), open("ACCEPTED"), open("IN_PROGRESS", "w")]).toEqual([
    ...[true, true, false, false, false],
  ]);
  expect(open("ACCEPTED", "w")).toBe(true);
  expect(plain(itemRow(item("1", { createdAt: DUE }), automation(), NOW, "en-GB"))).toMatch(
    /^Mon 23 Nov .* · Yesterday's issues$/,
  );
  const alike = item("1", { createdAt: DUE, title: "Yesterday's issues" });
  expect(itemRow(alike, automation(), NOW, "en-GB")).toMatch(/ · All read\.$/);
});

/** A form over a sidecar; `saved` has what was asked of it. */
function form(given: Automation | null) {
  const link = new FakeLink();
  const said: ToForm[] = [];
  const shop = { uri: "file:///home/ada/shop", path: "/home/ada/shop" };
  const one = new AutomationForm(
    {
      door: link,
      folders: () => [shop],
      folderOf: (uri) => ({ uri, path: uri.slice("file://".length) }),
      installAtLogin: () => Promise.reject(new Error("systemd is not there.")),
    },
    given,
  );
  one.onMessage.add((message) => said.push(message));
  const page = () => said.findLast((message) => message.type === "page")?.page;
  const saved = (method: string) => link.asked.filter(([asked]) => asked === method).map(([, params]) => params);
  return { link, form: one, said, page, saved };
}

test("a new automation is asked for whole, with what the person did not choose left to their own", async () => {
  const { form: one, link, saved } = form(null);
  link.answer("outrigger/automation/create", () => ({ automation: automation() }));
  const done: string[] = [];
  one.onSaved.add(({ id }) => done.push(id));
  await one.save({ ...one.values, name: "Issues", prompt: "Look.", timezone: "Europe/Berlin", branch: " main " });
  expect(saved("outrigger/automation/create")).toEqual([
    {
      ...{ name: "Issues", prompt: "Look.", timezone: "Europe/Berlin", branch: "main" },
      rrule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0",
      cwds: ["file:///home/ada/shop"],
      ...{ executionEnvironment: "worktree", model: null, reasoningEffort: null, approvalPolicy: null, sandbox: null },
      ...{
        approvalTimeoutMinutes: 60,
        maxRunMinutes: 120,
        missed: "catchUpOnce",
        overlap: "skip",
        deadlineMinutes: 720,
      },
    },
  ]);
  expect(done).toEqual(["issues"]);
});

test("without a folder nothing is asked for, unless it goes on in a thread", async () => {
  const { form: one, page, link } = form(null);
  await one.save({ ...one.values, cwds: [] });
  expect([page()?.failure?.field, link.asked]).toEqual(["cwds", []]);
  const beat = form(automation({ kind: "heartbeat", cwds: [] }));
  beat.link.answer("outrigger/automation/update", () => ({ automation: automation() }));
  await beat.form.save({ ...beat.form.values, name: "Beat" });
  expect(beat.saved("outrigger/automation/update")).toEqual([{ id: "issues", name: "Beat" }]);
  const said = permitted(beat.form.values, {
    own: { model: null, effort: null, approvalPolicy: null, sandbox: null },
    heartbeat: true,
  });
  expect(said.sentences[0]).toBe("It goes on in its thread, where that works.");
});

test("of one that is there only what was changed is sent, and giving a choice up is a change", async () => {
  const { form: one, link, saved } = form(automation({ model: "gpt-5.5", branch: "main" }));
  link.answer("outrigger/automation/update", () => ({ automation: automation() }));
  await one.save({ ...one.values, model: null, branch: "", maxRunMinutes: 30 });
  expect(saved("outrigger/automation/update")).toEqual([
    { id: "issues", model: null, branch: null, maxRunMinutes: 30 },
  ]);
});

test("a refusal is said at the field that is to blame", async () => {
  const { form: one, link, page, said } = form(automation());
  const blames = async (data: Record<string, unknown>) => {
    link.answer("outrigger/automation/update", () => {
      throw refused("No.", data);
    });
    await one.save({ ...one.values, name: "Another" });
    return page()?.failure?.field;
  };
  expect(await blames({ kind: "invalidParams", key: "maxRunMinutes" })).toBe("maxRunMinutes");
  expect(await blames({ kind: "scheduleInvalid", part: "BYDAY" })).toBe("rrule");
  expect(await blames({ kind: "scheduleInvalid", part: "timezone" })).toBe("timezone");
  expect(await blames({ kind: "policyDenied" })).toBe("sandbox");
  expect(await blames({ kind: "io" })).toBe(null);
  expect(page()?.saving).toBe(false);
  link.answer("outrigger/automation/preview", () => {
    throw refused("BYDAY is not valid.", { kind: "scheduleInvalid", part: "BYDAY" });
  });
  await one.preview(7, "FREQ=DAILY;BYDAY=XX", "UTC");
  const failure = { field: "rrule", message: "BYDAY is not valid.", hint: null };
  expect(said.at(-1)).toEqual({ type: "preview", request: 7, preview: null, failure });
  expect(link.asked.at(-1)?.[1]).toEqual({ rrule: "FREQ=DAILY;BYDAY=XX", timezone: "UTC", createdAt: 5 });
});

test("what can be chosen is Codex's own, and the start at login is offered until it is there", async () => {
  const { form: one, link, page } = form(null);
  const model = {
    model: "gpt-5.5",
    displayName: "GPT-5.5",
    hidden: false,
    supportedReasoningEfforts: [{ reasoningEffort: "low" }],
  };
  link.answer("codex/model/list", () => ({ data: [model, { ...model, model: "old", hidden: true }] }));
  link.answer("codex/config/read", () => ({
    config: { model: "gpt-5.5", approval_policy: "never", sandbox_mode: "read-only" },
  }));
  link.answer("outrigger/automation/list", () => ({ automations: [], problems: [], startsAtLogin: false }));
  one.opened();
  await settled();
  expect(page()).toMatchObject({
    models: [{ model: "gpt-5.5", name: "GPT-5.5", efforts: ["low"] }],
    own: { model: "gpt-5.5", effort: null, approvalPolicy: "never", sandbox: "read-only" },
    atLogin: "no",
  });
  await one.installAtLogin();
  expect([page()?.atLogin, page()?.atLoginFailure]).toEqual(["no", "systemd is not there."]);
});

test("what a run may do is said from what it is given and from the person's own", () => {
  const values: FormValues = { ...form(null).form.values, approvalTimeoutMinutes: 90 };
  const own = { model: null, effort: null, approvalPolicy: "untrusted", sandbox: "read-only" };
  expect(permitted(values, { own, heartbeat: false })).toEqual({
    sentences: [
      "Each run gets a new worktree of shop at HEAD: your own files stay as they are.",
      "Commands may read files and change none.",
      "Before each command that does more than read, Codex asks in every editor and waits for 1 h 30 min; then the run stops.",
      "It is stopped after 2 h at the latest.",
    ],
    denied: false,
  });
  const local: FormValues = { ...values, executionEnvironment: "local", sandbox: "danger-full-access" };
  expect(permitted(local, { own: { ...own, approvalPolicy: "never" }, heartbeat: false })).toEqual({
    sentences: [
      "It works in shop itself, on your own files.",
      "Commands may do whatever you may, also on the network.",
      "Codex never asks: what is forbidden fails.",
      "It is stopped after 2 h at the latest.",
    ],
    denied: true,
  });
});
