// Whole sessions of `outrigger acp`, driven by the protocol's own SDK: a client that is not ours.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { makeWorkspace, told } from "./agent.mjs";

const THREE_LINES = "one\ntwo\nthree\n";
const PATCHED = "one\nzwei\nthree\n";
const PATCH = "[[patch:*** Begin Patch\n*** Update File: notes.txt\n@@\n one\n-two\n+zwei\n three\n*** End Patch]]";

let workspace;
before(async () => {
  workspace = await makeWorkspace({ "notes.txt": THREE_LINES });
});
after(() => workspace.end());

/** A client with a session in which codex asks before everything that is not known to be harmless. */
async function askedClient(options) {
  const client = await workspace.client(options);
  const { sessionId } = await client.newSession();
  await client.request("session/set_config_option", { sessionId, configId: "approval_policy", value: "untrusted" });
  return { client, sessionId };
}

const selected = (optionId) => ({ outcome: { outcome: "selected", optionId } });
/** The updates of one kind. */
const ofKind = (notifications, kind) =>
  notifications.map(({ update }) => update).filter((u) => u.sessionUpdate === kind);
/** What the agent said in all. */
const said = (notifications) =>
  ofKind(notifications, "agent_message_chunk")
    .map(({ content }) => content.text)
    .join("");

test("a session: who is there, what can be set, and text that streams", async () => {
  const client = await workspace.client();
  assert.equal(client.introduction.protocolVersion, 1);
  assert.equal(client.introduction.agentInfo.name, "outrigger");
  assert.equal(client.introduction.agentCapabilities.loadSession, true);
  // The scripted model wants nobody to sign in.
  assert.deepEqual(await client.request("authenticate", { methodId: "chatgpt" }), {});

  const { sessionId, configOptions } = await client.newSession();
  // How hard a model can think is known once the models are, which may be a moment later.
  const all = ["mode", "model", "reasoning_effort", "approval_policy", "sandbox"];
  const has = (options) => all.every((id) => options.some((option) => option.id === id));
  const isTold = ({ update }) => update.sessionUpdate === "config_option_update" && has(update.configOptions);
  if (!has(configOptions)) await client.updates.until(() => client.updates.all.some(isTold));
  assert.deepEqual(await client.prompt(sessionId, "[[words:one two three]]"), { stopReason: "end_turn" });
  const updates = client.updates.take();
  assert.deepEqual(
    ofKind(updates, "available_commands_update")[0].availableCommands.map(({ name }) => name),
    ["review", "compact", "hunks", "stage", "undo", "automations"],
  );
  assert.deepEqual(
    ofKind(updates, "agent_message_chunk").map(({ content }) => content.text),
    ["one ", "two ", "three"],
  );
  assert.equal(typeof ofKind(updates, "usage_update")[0].size, "number");

  await client.prompt(sessionId, "[[reason]]");
  assert.notDeepEqual(ofKind(client.updates.take(), "agent_thought_chunk"), []);
  await client.prompt(sessionId, "[[plan]]");
  const [plan] = ofKind(client.updates.take(), "plan");
  assert.equal(plan.entries.length, 3);
  assert.equal(await client.leave(), 0);
});

test("a change is shown in the question itself, and written once it is allowed", async () => {
  const { client, sessionId } = await askedClient();
  const prompted = client.prompt(sessionId, PATCH);
  const ask = await client.ask();
  assert.equal(ask.method, "session/request_permission");
  const file = path.join(workspace.folder, "notes.txt");
  assert.deepEqual(ask.params.toolCall.content, [{ type: "diff", path: file, oldText: THREE_LINES, newText: PATCHED }]);
  assert.deepEqual(ask.params.toolCall.locations, [{ path: file }]);
  assert.deepEqual(
    ask.params.options.map(({ optionId, kind }) => [optionId, kind]),
    [
      ["accept", "allow_once"],
      ["acceptForSession", "allow_always"],
      ["decline", "reject_once"],
      ["cancel", "reject_once"],
    ],
  );
  assert.equal(await workspace.read("notes.txt"), THREE_LINES);
  ask.answer(selected("accept"));
  assert.deepEqual(await prompted, { stopReason: "end_turn" });
  assert.equal(await workspace.read("notes.txt"), PATCHED);
  const calls = client.updates.take().map(({ update }) => [update.sessionUpdate, update.status]);
  assert.deepEqual(
    calls.filter(([kind]) => kind.startsWith("tool_call")),
    [
      ["tool_call", "in_progress"],
      ["tool_call_update", "completed"],
    ],
  );

  await client.prompt(sessionId, "/hunks");
  assert.match(said(client.updates.take()), /\*\*notes\.txt\*\*: 1 hunk[^]*-two\n\+zwei/);
  await client.prompt(sessionId, "/stage notes.txt");
  assert.match(said(client.updates.take()), /Staged 1 hunk of notes\.txt/);
  assert.match(await workspace.git("diff", "--cached"), /\+zwei/);
  await client.prompt(sessionId, "/undo");
  assert.match(said(client.updates.take()), /As before the last turn: notes\.txt\./);
  assert.equal(await workspace.read("notes.txt"), THREE_LINES);
  await workspace.git("reset", "--quiet");
  assert.equal(await client.leave(), 0);
});

test("a declined command lets the turn go on, a stopped one ends it", async () => {
  const { client, sessionId } = await askedClient();
  const declined = client.prompt(sessionId, "[[exec:touch declined]]");
  (await client.ask()).answer(selected("decline"));
  assert.deepEqual(await declined, { stopReason: "end_turn" });
  const updates = client.updates.take();
  assert.equal(ofKind(updates, "tool_call_update").at(-1).status, "failed");
  assert.match(said(updates), /done exec step 1/);

  const stopped = client.prompt(sessionId, "[[exec:touch stopped]]");
  (await client.ask()).answer(selected("cancel"));
  assert.deepEqual(await stopped, { stopReason: "cancelled" });
  assert.equal(ofKind(client.updates.take(), "tool_call_update").at(-1).status, "failed");
  await assert.rejects(workspace.read("declined"));
  await assert.rejects(workspace.read("stopped"));
  assert.equal(await client.leave(), 0);
});

test("a command's output is there while it runs, as a terminal where the client draws one", async () => {
  for (const terminal of [true, false]) {
    const client = await workspace.client({ capabilities: { _meta: { terminal_output: terminal } } });
    const { sessionId } = await client.newSession();
    await client.prompt(sessionId, "[[exec:echo first; sleep 0.5; echo second]]");
    const updates = client.updates.take();
    const [call] = ofKind(updates, "tool_call");
    const rest = ofKind(updates, "tool_call_update");
    if (terminal) {
      assert.deepEqual(call.content, [{ type: "terminal", terminalId: call.toolCallId }]);
      assert.equal(call._meta.terminal_info.cwd, workspace.folder);
      assert.match(rest.map((update) => update._meta?.terminal_output?.data ?? "").join(""), /second\r?\n$/);
      assert.equal(rest.at(-1)._meta.terminal_exit.exit_code, 0);
    } else {
      const texts = rest.flatMap((update) => update.content ?? []).map(({ content }) => content.text);
      assert.ok(texts.length > 1, "it was shown before it ended");
      assert.match(texts.at(-1), /^```\nfirst\r?\nsecond\r?\n```$/);
    }
    assert.equal(rest.at(-1).status, "completed");
    assert.equal(await client.leave(), 0);
  }
});

test("a turn is cancelled, and the next prompt waits until it has ended", async () => {
  const client = await workspace.client();
  const { sessionId } = await client.newSession();
  const prompted = client.prompt(sessionId, "[[slow:1000,0.05]]");
  await client.updates.until(() => ofKind(client.updates.take(), "agent_message_chunk").length > 0);
  await client.agent.notify("session/cancel", { sessionId });
  const next = client.prompt(sessionId, "[[msg:and on]]");
  assert.deepEqual(await prompted, { stopReason: "cancelled" });
  client.updates.take();
  assert.deepEqual(await next, { stopReason: "end_turn" });
  assert.equal(said(client.updates.take()), "and on");
  assert.equal(await client.leave(), 0);
});

test("another client loads, resumes, lists, closes and deletes what one began", async () => {
  const one = await workspace.client();
  const { sessionId } = await one.newSession();
  await one.prompt(sessionId, "[[exec:echo made]]");
  await one.request("session/close", { sessionId });
  assert.equal(await one.leave(), 0);

  const two = await workspace.client();
  const { sessions } = await two.request("session/list", { cwd: workspace.folder });
  const listed = sessions.find((session) => session.sessionId === sessionId);
  assert.equal(listed.title, "[[exec:echo made]]");
  assert.match(listed.updatedAt, /^\d{4}-\d\d-\d\dT/);

  await two.request("session/load", { sessionId, cwd: workspace.folder, mcpServers: [] });
  const history = told(two.updates.take()).filter(([kind]) => !/usage|commands|config|mode/.test(kind));
  assert.deepEqual(
    history.map(([kind, what]) => [kind, what.title ?? what]),
    [
      ["user_message_chunk", "[[exec:echo made]]"],
      ["tool_call", "echo made"],
      ["agent_message_chunk", "done exec step 1"],
    ],
  );
  assert.deepEqual(await two.prompt(sessionId, "[[msg:goes on]]"), { stopReason: "end_turn" });
  assert.equal(said(two.updates.take()), "goes on");
  assert.equal(await two.leave(), 0);

  const three = await workspace.client();
  await three.request("session/resume", { sessionId, cwd: workspace.folder, mcpServers: [] });
  assert.deepEqual(ofKind(three.updates.take(), "user_message_chunk"), []);
  await three.request("session/delete", { sessionId });
  const left = await three.request("session/list", {});
  assert.equal(
    left.sessions.find((session) => session.sessionId === sessionId),
    undefined,
  );
  await assert.rejects(three.prompt(sessionId, "anybody?"), { code: -32002 });
  assert.equal(await three.leave(), 0);
});

test("questions are put as a form", async () => {
  const { client, sessionId } = await askedClient({ capabilities: { elicitation: { form: {} } } });
  const prompted = client.prompt(sessionId, "[[input]]");
  const ask = await client.ask();
  assert.equal(ask.method, "elicitation/create");
  const [[name, property]] = Object.entries(ask.params.requestedSchema.properties);
  ask.answer({ action: "accept", content: { [name]: property.oneOf[0].const } });
  assert.deepEqual(await prompted, { stopReason: "end_turn" });
  assert.equal(await client.leave(), 0);
});

test("two clients see one session: who answers first decides, and the other's question is taken back", async () => {
  const { client: one, sessionId } = await askedClient({ name: "One" });
  await one.prompt(sessionId, "[[msg:begun]]");
  const two = await workspace.client({ name: "Two" });
  await two.request("session/resume", { sessionId, cwd: workspace.folder, mcpServers: [] });
  two.updates.take();

  const prompted = one.prompt(sessionId, "[[exec:touch shared]]");
  const [first, second] = [await one.ask(), await two.ask()];
  second.answer(selected("accept"));
  await one.withdrawal(first);
  assert.deepEqual(await prompted, { stopReason: "end_turn" });
  // Too late, and of no consequence.
  first.answer(selected("decline"));
  assert.equal(await workspace.read("shared"), "");
  await two.updates.until(() => said(two.updates.take()).includes("done exec"));

  // What waits is asked of one who comes later.
  const waiting = one.prompt(sessionId, "[[exec:touch later]]");
  await one.ask();
  const three = await workspace.client({ name: "Three" });
  await three.request("session/load", { sessionId, cwd: workspace.folder, mcpServers: [] });
  (await three.ask()).answer(selected("decline"));
  assert.deepEqual(await waiting, { stopReason: "end_turn" });
  await assert.rejects(workspace.read("later"));
  for (const client of [one, two, three]) assert.equal(await client.leave(), 0);
});

test("automations are listed", async () => {
  const client = await workspace.client();
  const { sessionId } = await client.newSession();
  assert.deepEqual(await client.prompt(sessionId, "/automations"), { stopReason: "end_turn" });
  assert.equal(said(client.updates.take()), "There is no automation.");
  assert.equal(await client.leave(), 0);
});

test("a fork has the history, and goes on by itself", async () => {
  const client = await workspace.client();
  const { sessionId } = await client.newSession();
  await client.prompt(sessionId, "[[msg:before the fork]]");
  const fork = await client.request("session/fork", { sessionId, cwd: workspace.folder, mcpServers: [] });
  assert.notEqual(fork.sessionId, sessionId);
  await client.prompt(fork.sessionId, "[[msg:after it]]");
  client.updates.take();
  const later = await workspace.client({ name: "Later" });
  await later.request("session/load", { sessionId: fork.sessionId, cwd: workspace.folder, mcpServers: [] });
  assert.equal(said(later.updates.take()), "before the forkafter it");
  for (const one of [client, later]) assert.equal(await one.leave(), 0);
});
