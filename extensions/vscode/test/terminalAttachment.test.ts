import { expect, test } from "vitest";
import type { Terminal } from "../src/protocol.generated";
import { Attachment } from "../src/terminals/attachment";
import { toReopen } from "../src/terminals/memory";
import { endedLine, leftBehind, processNames, stillRuns, tabName } from "../src/terminals/wording";
import { FakeClock } from "./fakeClock";
import { FakeLink, refused, settled } from "./fakeLink";

const RESET = "\x1bc\x1b[3J";
const [QUESTION, ANSWER] = ["\x1b[5n", "\x1b[0n"];

function terminal(fields: Partial<Terminal> = {}): Terminal {
  return {
    terminalId: "t1",
    name: "bash",
    cwd: "file:///repo",
    pid: 7,
    cols: 80,
    rows: 24,
    title: "",
    mode: "pty",
    interactive: true,
    supportsResize: true,
    status: "running",
    exitCode: null,
    signal: null,
    threadId: null,
    createdAt: 1,
    ...fields,
  };
}

/** A tab on a terminal whose screen is `$ ` at offset 10. */
async function story() {
  const link = new FakeLink();
  const clock = new FakeClock();
  let offset = 10;
  link.answer("outrigger/terminal/attach", () => ({ terminal: terminal(), snapshot: "$ ", offset }));
  link.answer("outrigger/terminal/detach", () => ({}));
  link.answer("outrigger/terminal/write", () => ({}));
  const seen: string[] = [];
  const attachment = new Attachment(
    link,
    "t1",
    {
      write: (text) => seen.push(text),
      changed: ({ title }) => seen.push(`changed ${title}`),
      drawn: ({ status }) => seen.push(`drawn ${status}`),
      exited: ({ exitCode }) => seen.push(`exited ${exitCode}`),
      failed: ({ message }) => seen.push(`failed ${message}`),
      closed: () => seen.push("closed"),
    },
    clock,
  );
  await attachment.attach();
  const data = (text: string, at: number) =>
    link.note("outrigger/terminal/data", { terminalId: "t1", offset: at, data: text });
  return { link, clock, attachment, seen, data, at: (next: number) => (offset = next) };
}

test("a tab is drawn from the snapshot, then by the stream, then told of the end", async () => {
  const { link, seen, data } = await story();
  data("ls", 10);
  link.note("outrigger/terminal/data", { terminalId: "other", offset: 12, data: "not ours" });
  data("\r\n", 12);
  link.note("outrigger/terminal/changed", { terminal: terminal({ title: "vim" }) });
  link.note("outrigger/terminal/exited", { terminalId: "t1", exitCode: 3, signal: null });
  link.note("outrigger/terminal/changed", { terminal: terminal(), closed: true });
  expect(seen).toEqual(["$ ", "drawn running", "ls", "\r\n", "changed vim", "exited 3", "closed"]);
});

test("what the snapshot has is not drawn twice, and a gap is closed by another snapshot", async () => {
  const { seen, data, at } = await story();
  data("old", 7);
  at(50);
  data("gap", 20);
  data("lost", 23);
  await settled();
  data("new", 50);
  expect(seen).toEqual(["$ ", "drawn running", `${RESET}$ `, "drawn running", "new"]);
});

test("a stream that comes before its snapshot is answered waits for it", async () => {
  const { link, attachment, seen, data } = await story();
  let answer: (value: unknown) => void = () => undefined;
  link.answer("outrigger/terminal/attach", () => new Promise((resolve) => (answer = resolve)));
  void attachment.attach();
  await settled();
  data("early", 100);
  answer({ terminal: terminal(), snapshot: "again", offset: 100 });
  await settled();
  expect(seen.slice(2)).toEqual([`${RESET}again`, "drawn running", "early"]);
});

test("what the screen has taken is acknowledged, and nothing before", async () => {
  const { link, attachment, data } = await story();
  data(`${"x".repeat(8_000)}\n`, 10);
  expect(link.notified).toEqual([]);
  expect(attachment.hear(`${ANSWER}ls`)).toBe("ls");
  expect(link.notified).toEqual([["outrigger/terminal/ack", { terminalId: "t1", offset: 8_011 }]]);
});

test("one that was let go as too slow is drawn anew once the screen has caught up", async () => {
  const { link, attachment, seen, data } = await story();
  data(`${"x".repeat(8_000)}\n`, 10);
  link.note("outrigger/terminal/detached", { terminalId: "t1", reason: "tooSlow" });
  await settled();
  expect(seen).toHaveLength(3);
  attachment.hear(ANSWER);
  await settled();
  expect(seen.slice(2)).toEqual([`${"x".repeat(8_000)}\n${QUESTION}`, `${RESET}$ `, "drawn running"]);
});

test("a window that sleeps lets the program go on, and is drawn anew when it wakes", async () => {
  const { link, clock, attachment, seen, data } = await story();
  data(`${"x".repeat(8_000)}\n`, 10);
  await clock.pass(60);
  expect(link.methods).toEqual(["outrigger/terminal/attach", "outrigger/terminal/detach"]);
  attachment.hear(ANSWER);
  await settled();
  expect(link.methods.at(-1)).toBe("outrigger/terminal/attach");
  expect(seen.at(-1)).toBe("drawn running");
});

test("what can't be typed is said, and one that was left says nothing more", async () => {
  const { link, attachment, seen, data } = await story();
  link.answer("outrigger/terminal/write", () => Promise.reject(refused("It is full.", { kind: "limitExceeded" })));
  attachment.type("a");
  await settled();
  attachment.leave();
  data("late", 10);
  expect(seen.slice(2)).toEqual(["failed It is full."]);
  expect(link.asked.at(-1)).toEqual(["outrigger/terminal/detach", { terminalId: "t1" }]);
});

test("a window opens again what it had open, and names what else of its folder runs", () => {
  const all = [
    terminal({ terminalId: "a" }),
    terminal({ terminalId: "b", cwd: "file:///repo/my%20app" }),
    terminal({ terminalId: "c", cwd: "file:///repository" }),
    terminal({ terminalId: "d", status: "exited" }),
    terminal({ terminalId: "e", status: "restored" }),
  ];
  const open = [
    { terminalId: "e", own: true },
    { terminalId: "gone", own: true },
    { terminalId: "a", own: false },
  ];
  const { reopened, others } = toReopen(all, open, "file:///repo");
  expect([
    reopened.map(({ terminal: { terminalId }, own }) => [terminalId, own]),
    others.map(({ terminalId }) => terminalId),
  ]).toEqual([
    [
      ["e", true],
      ["a", false],
    ],
    ["b"],
  ]);
});

test("what is said of terminals", () => {
  const process = (pid: number, command: string) => ({ pid, command });
  expect([
    tabName(terminal()),
    tabName(terminal({ title: "npm\nrun" })),
    processNames([process(1, "a"), process(2, "b"), process(3, "c"), process(4, "d")]),
    stillRuns([process(1, "sleep 9")], "bash"),
    leftBehind([], []),
    leftBehind([process(9, "tmux: server")], []),
    leftBehind([], [process(9, "stuck")]),
    endedLine(terminal({ status: "restored" })),
    endedLine(terminal({ status: "exited", exitCode: 3 })),
    endedLine(terminal({ status: "exited", exitCode: 137, signal: 9 })),
  ]).toEqual([
    "bash",
    "npm ⏎ run",
    "a, b, c and 1 more",
    "“bash” was closed, but this still runs in it: sleep 9",
    null,
    "The terminal has ended. What had left it goes on: tmux: server (9)",
    "This could not be ended: stuck (9)",
    "Outrigger ended while this ran. Press Enter to start your shell again here.",
    "Ended with code 3. Press any key to close.",
    "Ended by signal 9. Press any key to close.",
  ]);
});
