import { expect, test } from "vitest";
import { HunkActs, lastAct } from "../src/hunks/acts";
import { HunkFiles } from "../src/hunks/hunkFiles";
import { Review } from "../src/hunks/review";
import { actionWords, ago, gist, namesOf, whereWords } from "../src/hunks/wording";
import type { FileHunks, JournalEntry } from "../src/protocol.generated";
import { FakeLink, refused, settled } from "./fakeLink";
import { CODEX, fileHunks, hunk } from "./hunkTexts";

const POEM = "file:///repo/poem.txt";

/** Files on a sidecar whose answers the test gives, one by one if it wants to. */
function story() {
  const link = new FakeLink();
  const due: (() => void)[] = [];
  const files = new HunkFiles(link, (act) => due.push(act));
  const told: (number | null)[] = [];
  files.onChange.add((uri) => told.push(files.of(uri)?.revision ?? null));
  const pass = async () => {
    for (const act of due.splice(0)) act();
    await settled();
  };
  return { link, files, told, pass };
}

test("a file on screen is asked for once, however much happens at one moment", async () => {
  const { link, files, told, pass } = story();
  link.answer("outrigger/hunk/list", () => fileHunks({ revision: 3 }));
  files.connect();
  files.follow([POEM]);
  files.refresh(POEM);
  link.note("outrigger/hunk/changed", { uri: POEM, revision: 3 });
  await pass();
  expect(link.asked).toEqual([["outrigger/hunk/list", { uri: POEM, contextLines: 1 }]]);
  expect(told).toEqual([3]);
});

test("news of what is known already, or not on screen, asks nothing", async () => {
  const { link, files, pass } = story();
  link.answer("outrigger/hunk/list", () => fileHunks({ revision: 3 }));
  files.connect();
  files.follow([POEM]);
  await pass();
  link.note("outrigger/hunk/changed", { uri: POEM, revision: 3 });
  link.note("outrigger/hunk/changed", { uri: "file:///repo/other.txt", revision: 9 });
  await pass();
  expect(link.asked).toHaveLength(1);
  link.note("outrigger/hunk/changed", { uri: POEM, revision: 4 });
  await pass();
  expect(link.asked).toHaveLength(2);
});

test("an answer that is older than what is known is dropped", async () => {
  const { link, files, told, pass } = story();
  const revisions = [5, 4];
  link.answer("outrigger/hunk/list", () => fileHunks({ revision: revisions.shift() ?? 0 }));
  files.connect();
  files.follow([POEM]);
  await pass();
  files.refresh(POEM);
  await pass();
  expect(told).toEqual([5]);
});

test("what happens while a question is open is asked after it", async () => {
  const { link, files, pass } = story();
  const open: ((hunks: FileHunks) => void)[] = [];
  link.answer("outrigger/hunk/list", () => new Promise((resolve) => open.push(resolve)));
  files.connect();
  files.follow([POEM]);
  await pass();
  files.refresh(POEM);
  await pass();
  expect(open).toHaveLength(1);
  open[0]?.(fileHunks({ revision: 1 }));
  await settled();
  await pass();
  expect(open).toHaveLength(2);
});

test("a new connection counts revisions from its own start, and forgets what the last one said", async () => {
  const { link, files, told, pass } = story();
  let revision = 9;
  link.answer("outrigger/hunk/list", () => fileHunks({ revision }));
  files.connect();
  files.follow([POEM]);
  await pass();
  revision = 1;
  link.become({ state: "running" });
  await pass();
  expect(told).toEqual([9, null, 1]);
});

test("a file that is in no repository has no hunks, and one spelled otherwise is the same file", async () => {
  const { link, files, told, pass } = story();
  let inRepository = true;
  link.answer("outrigger/hunk/list", ({ uri }) => {
    if (!inRepository) throw refused("It is in no repository.", { kind: "notARepository" });
    return fileHunks({ uri, revision: 1 });
  });
  files.connect();
  files.follow(["file:///repo/a%20b%2Bc.txt"]);
  await pass();
  expect(files.of("file:///repo/a%20b+c.txt")?.revision).toBe(1);
  inRepository = false;
  files.refresh("file:///repo/a b+c.txt");
  await pass();
  expect(told).toEqual([1, null]);
});

test("an older sidecar, which knows no hunks, is not asked", async () => {
  const { link, files, pass } = story();
  files.connect();
  files.follow([POEM]);
  await pass();
  expect(link.asked).toEqual([]);
});

test("the review list follows the sidecar's; only the last answer counts", async () => {
  const link = new FakeLink();
  const open: ((files: unknown) => void)[] = [];
  link.answer("outrigger/review/list", () => new Promise((resolve) => open.push((files) => resolve({ files }))));
  const review = new Review(link);
  const counts: number[] = [];
  review.onChange.add(() => counts.push(review.count));
  review.connect();
  link.note("outrigger/review/changed", {});
  const hunks = [hunk("h1", 1, 1, ["-a", "+b"], { origin: CODEX }), hunk("h2", 9, 9, ["+c"], { origin: CODEX })];
  open[1]?.([{ uri: POEM, hunks }]);
  open[0]?.([]);
  await settled();
  expect(counts).toEqual([2]);
  link.note("outrigger/review/changed", {});
  open[2]?.([{ uri: POEM, hunks: [] }]);
  await settled();
  expect([counts, review.files]).toEqual([[2, 0], []]);
});

test("an act is sent whole and the lists are asked for again, also when it is refused", async () => {
  const { link, files, pass } = story();
  link.answer("outrigger/hunk/list", () => fileHunks());
  link.answer("outrigger/hunk/stage", () => ({ hunks: {}, journalId: "j1" }));
  link.answer("outrigger/hunk/revert", () => {
    throw refused("It has changed.", { kind: "hunkStale" });
  });
  files.connect();
  files.follow([POEM]);
  await pass();
  const acts = new HunkActs(link, files, new Review(link));
  const targets = [{ hunkId: "h1" }];
  expect(await acts.hunks("stage", POEM, targets)).toEqual({ done: true, journalId: "j1" });
  await pass();
  const acted = await acts.hunks("revert", POEM, targets);
  expect(acted).toMatchObject({ done: false, refusal: { kind: "hunkStale", message: "It has changed." } });
  await pass();
  expect(link.methods).toEqual([
    "outrigger/hunk/list",
    "outrigger/hunk/stage",
    "outrigger/hunk/list",
    "outrigger/hunk/revert",
    "outrigger/hunk/list",
  ]);
  expect(link.asked[1]).toEqual(["outrigger/hunk/stage", { uri: POEM, targets, answer: "ids" }]);
});

function entry(fields: Partial<JournalEntry>): JournalEntry {
  return { journalId: "j", action: "stage", uris: [POEM], at: 0, undoes: null, undoneBy: null, ...fields };
}

test("Undo Last means the newest act that stands, and never an undo", () => {
  const all = [
    entry({ journalId: "j4", action: "undo", undoes: "j3" }),
    entry({ journalId: "j3", action: "revert", undoneBy: "j4" }),
    entry({ journalId: "j2", action: "revert" }),
    entry({ journalId: "j1" }),
  ];
  expect(lastAct(all)?.journalId).toBe("j2");
  expect(lastAct([])).toBeUndefined();
  expect(all.map((found) => actionWords(found, all))).toEqual(["Taken back: Undone", "Undone", "Undone", "Staged"]);
});

test("hunks, files and times in words", () => {
  expect([
    whereWords(hunk("h", 1, 1, [" a", "-b", "+B", "+C", " d"])),
    whereWords(hunk("h", 1, 1, [" a", "-b", "+B", " d"])),
    whereWords(hunk("h", 1, 1, [" a", "-b", " d"])),
    gist(hunk("h", 1, 1, ["-b", "+", "+  C"])),
    gist(hunk("h", 1, 1, ["-b"])),
    gist(hunk("h", 1, 1, ["+"])),
    gist(hunk("h", 0, 0, [], { modeChange: { old: "100644", new: "100755" } })),
  ]).toEqual(["lines 2–3", "line 2", "before line 2", "C", "− b", "Empty lines", "Mode 100644 → 100755"]);
  expect([namesOf([]), namesOf([POEM]), namesOf([POEM, "file:///a", "file:///b"])]).toEqual([
    "nothing",
    "poem.txt",
    "poem.txt and 2 more files",
  ]);
  const hours = (n: number) => n * 3_600_000;
  expect([ago(0, 59_999), ago(0, 120_000), ago(0, hours(5)), ago(0, hours(30)), ago(0, hours(80))]).toEqual([
    "just now",
    "2 min ago",
    "5 h ago",
    "yesterday",
    "3 days ago",
  ]);
});
