import { expect, test } from "vitest";
import { Pace } from "../src/terminals/pace";
import { Sequences } from "../src/terminals/sequences";

const QUESTION = "\x1b[5n";
const ANSWER = "\x1b[0n";
/** A sequence of the stream below with nothing put into it. */
const WHOLE = /\x1b\[\d*m|\x1b\]0;\d+\x07/g; // eslint-disable-line no-control-regex
const line = (length: number) => "x".repeat(length - 1) + "\n";

/** Where something may be put in, part by part. */
function safe(...parts: string[]): number[] {
  const sequences = new Sequences();
  return parts.map((part) => sequences.scan(part).safe);
}

test("something is put in behind a line or a sequence, never within one", () => {
  expect([
    safe("abc"),
    safe("ab\ncd"),
    safe("ab\x1b[31mcd"),
    safe("ab\n\x1b[3", "1mcd"),
    safe("ab\x1b", "]0;tit\nle", "\x07cd"),
    safe("\x1bP1$r\n", "\x1b", "\\"),
    safe("\x1b(", "Bx"),
    safe("\x1b[12\x18abc"),
    safe("\x9d0;a\nb", "\x9cc"),
    safe(""),
  ]).toEqual([[3], [3], [7], [3, 2], [-1, -1, 1], [-1, -1, 1], [-1, 1], [5], [-1, 1], [-1]]);
});

test("a long line is broken where it ends", () => {
  expect(safe(`a\n${"x".repeat(5_000)}`)).toEqual([5_002]);
});

test("so much output is one question, whose answer is how far the screen has come", () => {
  const pace = new Pace(100);
  expect(pace.feed(line(3_999), 100)).toEqual({ text: line(3_999), shown: null });
  expect(pace.waits).toBe(false);
  expect(pace.feed(line(10), 4_099)).toEqual({ text: line(10) + QUESTION, shown: null });
  expect(pace.waits).toBe(true);
  expect(pace.hear(ANSWER)).toEqual({ rest: "", shown: 4_109 });
  expect(pace.waits).toBe(false);
});

test("what the person types, and answers to the program's own question, go on to the program", () => {
  const pace = new Pace(0);
  expect(pace.feed(`${QUESTION}${line(4_000)}${QUESTION}`, 0).text).toBe(
    `${QUESTION}${line(4_000)}${QUESTION}${QUESTION}`,
  );
  expect(pace.hear(`a${ANSWER}`)).toEqual({ rest: `a${ANSWER}`, shown: null });
  expect(pace.hear(`b${ANSWER}${ANSWER}c`)).toEqual({ rest: `b${ANSWER}c`, shown: 4_008 });
});

test("a long sequence, into which nothing can be put, counts as shown", () => {
  const pace = new Pace(0);
  expect(pace.feed(`\x1bP${"x".repeat(9_000)}`, 0).shown).toBe(9_002);
  expect(pace.feed(`x${line(100)}`, 9_002).shown).toBe(null);
});

test("whatever the parts, no sequence is broken, and less than 5,000 stay without a question", () => {
  const stream = Array.from({ length: 900 }, (_, n) => `\x1b[3${n % 8}mline ${n}\x1b]0;${n}\x07\x1b[m\r\n`).join("");
  for (const size of [1, 7, 64, 1_000, 30_000]) {
    const pace = new Pace(0);
    let [given, shown] = ["", 0];
    for (let at = 0; at < stream.length; at += size) {
      const part = stream.slice(at, at + size);
      const paced = pace.feed(part, at);
      given += paced.text;
      shown = paced.shown ?? shown;
      for (let n = paced.text.split(QUESTION).length; n > 1; n -= 1) shown = pace.hear(ANSWER).shown ?? shown;
      expect(Math.min(at + size, stream.length) - shown).toBeLessThan(5_000);
    }
    expect(given.replaceAll(QUESTION, "")).toBe(stream);
    const whole = given.replaceAll(QUESTION, "?").replace(WHOLE, "");
    expect([whole.includes("\x1b"), whole.includes("?")]).toEqual([false, true]);
  }
});
