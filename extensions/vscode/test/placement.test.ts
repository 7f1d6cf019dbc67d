import { expect, test } from "vitest";
import { commandLenses, commentBody, commentLabel, commentRange, fileLenses, plain, spanOf } from "../src/placement";
import type { Hunk, HunkLine, ProposedFile } from "../src/protocol.generated";
import { approval } from "./fakeLink";

const SAVED = { dirty: false, choosable: false };
const DIRTY = { dirty: true, choosable: false };

/** A hunk from the lines of a unified diff. */
function hunk(oldStart: number, lines: string[]): Hunk {
  const kinds: Record<string, HunkLine["kind"]> = { " ": "context", "+": "added", "-": "removed" };
  const parsed = lines.map((line): HunkLine => ({
    kind: kinds[line[0] ?? " "] ?? "context",
    text: line.slice(1),
    eol: "\n",
  }));
  const count = (kind: HunkLine["kind"]) => parsed.filter((line) => line.kind !== kind).length;
  return {
    hunkId: "h",
    oldStart,
    oldLines: count("added"),
    newStart: oldStart,
    newLines: count("removed"),
    lines: parsed,
    origin: null,
  };
}

function file(fields: Partial<ProposedFile> = {}): ProposedFile {
  const hunks = [hunk(4, [" fn add() {", "-    a + b", "+    a.wrapping_add(b)", " }"])];
  return { uri: "file:///repo/add.rs", kind: "update", oldText: "", newText: "", hunks, conflict: null, ...fields };
}

const change = approval({
  kind: "fileChange",
  command: null,
  changes: [{ uri: "file:///repo/add.rs", kind: "update", diff: "", hunks: [] }],
});

test.each([
  [
    "a changed line inside context",
    hunk(4, [" a", "-b", "+c", "+d", " e"]),
    { first: 5, last: 5, added: 2, removed: 1 },
  ],
  ["an insertion touches no line", hunk(4, [" a", "+b", " c"]), { first: 5, last: 4, added: 1, removed: 0 }],
  ["an insertion at the end", hunk(9, [" a", "+b"]), { first: 10, last: 9, added: 1, removed: 0 }],
  ["a removal", hunk(1, ["-a", "-b", " c"]), { first: 1, last: 2, added: 0, removed: 2 }],
  ["two changes with context between", hunk(1, ["-a", " b", "+c", " d"]), { first: 1, last: 1, added: 1, removed: 1 }],
  [
    "a range without its lines",
    { oldStart: 3, oldLines: 4, newStart: 3, newLines: 5 },
    { first: 3, last: 6, added: 5, removed: 4 },
  ],
  [
    "a range into nothing",
    { oldStart: 0, oldLines: 0, newStart: 1, newLines: 2 },
    { first: 1, last: 0, added: 2, removed: 0 },
  ],
])("the span of %s", (_, given, span) => expect(spanOf(given)).toEqual(span));

test("each hunk has its lenses at its first touched line: what it is, then the choices", () => {
  const lenses = fileLenses(change, file({ hunks: [...file().hunks, hunk(20, [" x", "+y", "+z"])] }), 21, SAVED);
  expect(lenses.map(({ line, title, command }) => [line, title, command])).toEqual([
    [4, "Codex wants to change line 5", null],
    [4, "$(check) Accept", "outrigger.approval.accept"],
    [4, "$(check-all) Accept for session", "outrigger.approval.acceptForSession"],
    [4, "$(close) Decline", "outrigger.approval.decline"],
    [4, "$(diff) Show diff", "outrigger.approval.showDiff"],
    [20, "Codex wants to insert 2 lines here", null],
    [20, "$(check) Accept", "outrigger.approval.accept"],
    [20, "$(check-all) Accept for session", "outrigger.approval.acceptForSession"],
    [20, "$(close) Decline", "outrigger.approval.decline"],
    [20, "$(diff) Show diff", "outrigger.approval.showDiff"],
  ]);
  expect(lenses.filter(({ command }) => command).every(({ args }) => args[0] === "a1")).toBe(true);
});

test("a file with unsaved edits offers to save them first, and no plain accept", () => {
  const lenses = fileLenses(change, file(), 10, DIRTY);
  expect(lenses.map(({ title }) => title)).toEqual([
    "Codex wants to change line 5; unsaved edits",
    "$(save) Save and accept",
    "$(close) Decline",
    "$(diff) Show diff",
  ]);
  expect(commentBody(change, file(), "", DIRTY)).not.toContain("outrigger.approval.accept?");
});

test("a lens never lands outside the document", () => {
  expect(new Set(fileLenses(change, file({ hunks: [hunk(90, ["-a"])] }), 3, SAVED).map(({ line }) => line))).toEqual(
    new Set([2]),
  );
  expect(fileLenses(change, file({ kind: "delete" }), 0, SAVED)[0]).toMatchObject({
    line: 0,
    title: "Codex wants to delete this file",
  });
});

test("a comment stands under the touched lines; an insertion's under the line before it", () => {
  expect(commentRange(file(), 100)).toEqual({ start: 4, end: 4 });
  expect(commentRange(file({ hunks: [hunk(4, [" a", "+b", " c"])] }), 100)).toEqual({ start: 3, end: 3 });
  expect(commentRange(file({ kind: "delete", hunks: [hunk(1, ["-a", "-b"])] }), 100)).toEqual({ start: 0, end: 0 });
  expect(commentLabel(file())).toBe("Codex wants to change 1 line");
});

test("a comment has the reason, the diff in a fence that nothing in it can close, and the choices", () => {
  const tricky = file({ hunks: [hunk(1, ["-```", "+````"])], conflict: "line 1 differs" });
  expect(commentBody({ ...change, reason: "see [this](command:evil)" }, tricky, "", SAVED)).toBe(
    [
      "**Change line 1**",
      "see \\[this\\]\\(command:evil\\)",
      "$(warning) line 1 differs",
      "`````diff\n-```\n+````\n`````",
      [
        "[$(check) Accept](command:outrigger.approval.accept?%5B%22a1%22%5D)",
        "[$(check-all) Accept for session](command:outrigger.approval.acceptForSession?%5B%22a1%22%5D)",
        "[$(close) Decline](command:outrigger.approval.decline?%5B%22a1%22%5D)",
        "[$(diff) Show diff](command:outrigger.approval.showDiff?%5B%22a1%22%5D)",
      ].join(" &nbsp;·&nbsp; "),
    ].join("\n\n"),
  );
});

test("a comment parts two hunks where lines of the file lie between them", () => {
  const two = file({ hunks: [hunk(1, ["-a", "+b"]), hunk(9, ["-c", "+d"])] });
  expect(commentBody(change, two, "", SAVED)).toContain("```diff\n-a\n+b\n⋯\n-c\n+d\n```");
});

test("the choices of a comment are not its last line when it may scroll sideways", () => {
  const wide = file({ hunks: [hunk(1, ["-a", `+${"b".repeat(100)}`])] });
  expect(commentBody(change, wide, "", SAVED).split("\n\n").at(-1)).toBe("&nbsp;");
  expect(commentBody(change, file(), "", SAVED)).not.toMatch(/&nbsp;$/);
});

test("a comment on one of several files says that a decision is for all, and cuts a long diff", () => {
  const both = { ...change, changes: [...(change.changes ?? []), ...(change.changes ?? [])] };
  const long = file({
    hunks: [
      hunk(
        1,
        Array.from({ length: 150 }, (_, n) => `+${n}`),
      ),
    ],
  });
  const body = commentBody(both, long, "", SAVED);
  expect(body).toContain("\n+119\n");
  expect(body).not.toContain("\n+120\n");
  expect(body).toContain("… 30 lines more: see the diff.");
  expect(body).toContain("Part of one change to 2 files: a decision is for all of them.");
});

test("a command's lens shows it as typed, with what is offered for ever spelled out", () => {
  const amendment = { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["touch", "a"] } };
  const options = [...approval().options, { decision: amendment, label: "Always", scope: "always" as const }];
  expect(commandLenses(approval({ options })).map(({ title, command, args }) => [title, command, ...args])).toEqual([
    ["Codex wants to run: touch a", "outrigger.approval.reveal", "a1"],
    ["$(check) Accept", "outrigger.approval.accept", "a1"],
    ["$(check-all) Accept for session", "outrigger.approval.acceptForSession", "a1"],
    ["$(close) Decline", "outrigger.approval.decline", "a1"],
    ["Always allow in every project, for ever: `touch a …`", "outrigger.approval.choose", "a1", 4],
  ]);
});

test("a command too long for a lens is not accepted there: nothing is accepted that was not shown", () => {
  const lenses = commandLenses(approval({ command: `echo ${"x".repeat(200)}` }));
  expect(lenses.map(({ command }) => command)).toEqual(["outrigger.approval.reveal", "outrigger.approval.reveal"]);
});

test("text of a model can't become markup", () => {
  expect(plain("# $(error) <b>*x*</b>\n[y](z)")).toBe("\\# \\$\\(error\\) \\<b\\>\\*x\\*\\</b\\> \\[y\\]\\(z\\)");
});

test("a change of several hunks can be accepted in part: at the first of them, and in its comment", () => {
  const two = file({ hunks: [...file().hunks, hunk(20, [" x", "+y", "+z"])] });
  const choosable = { dirty: false, choosable: true };
  const lenses = fileLenses(change, two, 30, choosable).filter(({ command }) => command?.endsWith("chooseHunks"));
  expect(lenses).toHaveLength(1);
  expect(commentBody(change, two, "", choosable)).toContain("command:outrigger.approval.chooseHunks?");
  expect(commentBody(change, two, "", SAVED)).not.toContain("chooseHunks");
});
