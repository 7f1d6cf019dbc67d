// Counts of passed and failed tests, read from what each runner prints last.
import { stripVTControlCharacters } from "node:util";

const READERS = {
  // Summary [ 1.2s] 10 tests run: 9 passed (1 slow), 1 failed, 3 skipped
  nextest: (text) => last(text, /(\d+) tests? run: (\d+) passed/g, ([, run, passed]) => [passed, run - passed]),
  // test result: ok. 3 passed; 0 failed; ... once per test binary
  cargo: (text) => sum(text, /^test result: .* (\d+) passed; (\d+) failed;/gm),
  //       Tests  1 failed | 5 passed (6)
  vitest: (text) => last(text, /^\s*Tests\s.*$/gm, ([line]) => [count(line, "passed"), count(line, "failed")]),
  // ==== 1 failed, 3 passed, 1 error in 0.12s ==== (bare when it is quiet)
  pytest: (text) =>
    last(text, /^(?:=+ )?\d+ (?:passed|failed|errors?|skipped)\b.* in [\d.]+s/gm, ([line]) => [
      count(line, "passed"),
      count(line, "failed") + count(line, "errors?"),
    ]),
  // ℹ pass 3 and ℹ fail 1, each on a line (# instead of ℹ when it is not a terminal)
  node: (text) => last(text, /^\S+ pass (\d+)\n\S+ fail (\d+)$/gm, ([, passed, failed]) => [passed, failed]),
  // stories: 3 passed, 0 failed
  stories: (text) => last(text, /^stories: (\d+) passed, (\d+) failed$/gm, ([, passed, failed]) => [passed, failed]),
};

export class Tally {
  passed = 0;
  failed = 0;
  /** Names of the steps whose tests are in the sums. */
  counted = new Set();

  /** Adds what a step's runner printed. Not `ok`, or no count at all, is at least one failure: it broke before it could count. */
  read(name, runner, output, ok) {
    this.counted.add(name);
    const [passed, failed] = (READERS[runner](stripVTControlCharacters(output)) ?? [0, 1]).map(Number);
    this.passed += passed;
    this.failed += ok ? failed : Math.max(1, failed);
  }

  /** Adds one failed step that runs no tests. */
  fail() {
    this.failed += 1;
  }

  toString() {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}

function last(text, pattern, read) {
  const match = [...text.matchAll(pattern)].at(-1);
  return match && read(match);
}

function sum(text, pattern) {
  const matches = [...text.matchAll(pattern)];
  const column = (index) => matches.reduce((total, match) => total + Number(match[index]), 0);
  return [column(1), column(2)];
}

function count(line, word) {
  return Number(new RegExp(`(\\d+) ${word}\\b`).exec(line)?.[1] ?? 0);
}
