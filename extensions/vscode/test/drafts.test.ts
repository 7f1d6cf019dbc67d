import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Atom, Drafts, type Kept } from "../src/drafts";
import { Listeners } from "../src/door";
import { Draft, type KeptDraft } from "../src/view/draft";
import { settled } from "./fakeLink";

/** What a daemon keeps for all windows. */
class Atoms {
  readonly all = new Map<string, Atom>();
  readonly changed = new Listeners<Atom & { key: string }>();
  reachable = true;
  private revision = 0;

  async get(key: string): Promise<Atom> {
    this.reach();
    return Promise.resolve(this.all.get(key) ?? { value: null, revision: 0 });
  }

  async set(key: string, value: string): Promise<{ revision: number }> {
    this.reach();
    const revision = (this.revision += 1);
    this.all.set(key, { value, revision });
    this.changed.fire({ key, value, revision });
    return Promise.resolve({ revision });
  }

  async delete(key: string): Promise<void> {
    this.reach();
    this.all.delete(key);
    this.changed.fire({ key, value: null, revision: 0 });
    return Promise.resolve();
  }

  private reach(): void {
    if (!this.reachable) throw new Error("Outrigger is not running.");
  }
}

function window(atoms: Atoms, memory: { all?: Record<string, Kept> } = {}) {
  let now = 0;
  const drafts = new Drafts({
    atoms: {
      get: (key) => atoms.get(key),
      set: (key, value) => atoms.set(key, value),
      delete: (key) => atoms.delete(key),
      onChanged: (listener) => atoms.changed.add(listener),
    },
    memory: { get: () => memory.all, set: (all) => (memory.all = all) },
    now: () => (now += 1),
  });
  const told: string[] = [];
  drafts.onText.add(({ threadId, text }) => told.push(`${threadId}: ${text}`));
  return { drafts, told, memory };
}

test("a draft is there in another window, and stays when its own window is closed", async () => {
  const atoms = new Atoms();
  const [one, two] = [window(atoms), window(atoms)];
  await one.drafts.open("t1");
  await two.drafts.open("t1");
  one.drafts.write("t1", "make it");
  one.drafts.write("t1", "make it warmer");
  await settled();
  expect([two.told, two.drafts.text("t1")]).toEqual([["t1: make it", "t1: make it warmer"], "make it warmer"]);
  expect(one.told).toEqual([]);
  const later = window(atoms);
  await later.drafts.open("t1");
  expect(later.drafts.text("t1")).toBe("make it warmer");
});

test("what is sent or deleted is gone everywhere", async () => {
  const atoms = new Atoms();
  const [one, two] = [window(atoms), window(atoms)];
  one.drafts.write("t1", "hello");
  await settled();
  await two.drafts.open("t1");
  one.drafts.write("t1", "");
  await settled();
  expect([two.drafts.text("t1"), two.told, atoms.all.size]).toEqual(["", ["t1: hello", "t1: "], 0]);
});

test("what was written without a connection is kept over a reload and wins over what is older", async () => {
  const atoms = new Atoms();
  const one = window(atoms);
  one.drafts.write("t1", "old");
  await settled();
  atoms.reachable = false;
  one.drafts.write("t1", "new");
  await settled();
  const reloaded = window(atoms, one.memory);
  expect(reloaded.drafts.text("t1")).toBe("new");
  atoms.reachable = true;
  await atoms.set("draft/t1", "from another window");
  await reloaded.drafts.open("t1");
  await settled();
  expect([reloaded.drafts.text("t1"), atoms.all.get("draft/t1")?.value, reloaded.told]).toEqual(["new", "new", []]);
});

test("a draft that was sent from another window is not there when this one is opened again", async () => {
  const atoms = new Atoms();
  const one = window(atoms);
  one.drafts.write("t1", "hello");
  await settled();
  one.drafts.dispose();
  await atoms.delete("draft/t1");
  const reloaded = window(atoms, one.memory);
  await reloaded.drafts.open("t1");
  await settled();
  expect([reloaded.drafts.text("t1"), atoms.all.size]).toEqual(["", 0]);
});

test("a new thread takes its draft along; the one before it is empty then", async () => {
  const atoms = new Atoms();
  const { drafts } = window(atoms);
  drafts.write(null, "hello");
  drafts.carry(null, "t1");
  await settled();
  expect([drafts.text(null), drafts.text("t1"), [...atoms.all.keys()]]).toEqual(["", "hello", ["draft/t1"]]);
});

test("a window remembers fifty drafts; one that the daemon has not got goes last", async () => {
  const atoms = new Atoms();
  const { drafts, memory } = window(atoms);
  atoms.reachable = false;
  drafts.write("unsaved", "mine");
  await settled();
  atoms.reachable = true;
  for (let at = 0; at < 80; at += 1) {
    drafts.write(`t${at}`, "x");
    await settled();
  }
  const keys = Object.keys(memory.all ?? {});
  expect([keys.length, keys.includes("unsaved"), keys.includes("t0"), keys.includes("t79")]).toEqual([
    50,
    true,
    false,
    true,
  ]);
});

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

function composer(kept?: KeptDraft) {
  const told: [string | null, string][] = [];
  const memory: { kept: KeptDraft | undefined } = { kept };
  const draft = new Draft({
    kept,
    keep: (state) => (memory.kept = state),
    tell: (threadId, text) => told.push([threadId, text]),
  });
  return { draft, told, memory };
}

test("the extension is told when writing pauses, and at once when the thread is left", () => {
  const { draft, told } = composer();
  draft.turnTo("t1", undefined);
  for (const text of ["h", "he", "hel"]) draft.write(text);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(300);
  expect(told).toEqual([["t1", "hel"]]);
  draft.write("hello");
  draft.turnTo("t2", undefined);
  expect([told.at(-1), draft.text]).toEqual([["t1", "hello"], ""]);
  vi.advanceTimersByTime(1_000);
  expect(told).toHaveLength(2);
});

test("what the extension has is shown, but never over what is being written", () => {
  const { draft } = composer();
  draft.turnTo("t1", undefined);
  draft.offer("t2", "another thread's", false);
  draft.offer("t1", "from before", false);
  expect(draft.text).toBe("from before");
  draft.offer("t1", "from another window", true);
  expect(draft.text).toBe("from before");
  draft.write("mine");
  draft.offer("t1", "from another window", false);
  expect(draft.text).toBe("mine");
});

test("a hidden webview comes back with what it had not told yet", () => {
  const { draft, memory } = composer();
  draft.turnTo("t1", undefined);
  draft.write("half a sen");
  const again = composer(memory.kept);
  again.draft.turnTo("t1", undefined);
  again.draft.offer("t1", "half", false);
  expect(again.draft.text).toBe("half a sen");
  vi.advanceTimersByTime(300);
  expect(again.told).toEqual([["t1", "half a sen"]]);
});

test("what is written while a thread begins, or is forked, goes along; what was sent does not", () => {
  const { draft, told } = composer();
  draft.write("first");
  draft.clear();
  draft.write("and then");
  draft.turnTo("t1", null);
  draft.turnTo("fork", "t1");
  expect([draft.text, told]).toEqual([
    "and then",
    [
      [null, ""],
      [null, ""],
      ["t1", "and then"],
      ["t1", ""],
      ["fork", "and then"],
    ],
  ]);
});

test("a text that could not be sent is put before what was written since", () => {
  const { draft } = composer();
  draft.write("since");
  draft.putBack("not sent");
  expect(draft.text).toBe("not sent\nsince");
});
