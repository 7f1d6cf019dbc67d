import assert from "node:assert/strict";
import { test } from "node:test";
import { Tally } from "../tally.mjs";

const sums = (...reads) => {
  const tally = new Tally();
  for (const read of reads) tally.read(...read);
  return `${tally}`;
};

test("each runner's last words are counted", () => {
  const nextest = "     Summary [   4.1s] 10 tests run: 8 passed (1 slow), 1 failed, 1 timed out, 3 skipped\n";
  const cargo = "test result: ok. 3 passed; 0 failed; 1 ignored\ntest result: FAILED. 2 passed; 1 failed; 0 ignored\n";
  const vitest = " Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 5 passed (6)\n";
  const pytest = "=========== 1 failed, 3 passed, 2 errors in 0.12s ===========\n";
  const stories = "stories: 9 passed, 9 failed\nstories: 4 passed, 1 failed\n";
  const node = "ℹ tests 4\nℹ pass 3\nℹ fail 1\n";
  assert.equal(sums(["a", "nextest", nextest, false]), "8 passed, 2 failed");
  assert.equal(sums(["a", "cargo", cargo, false]), "5 passed, 1 failed");
  assert.equal(sums(["a", "vitest", vitest, false]), "5 passed, 1 failed");
  assert.equal(sums(["a", "pytest", pytest, false]), "3 passed, 3 failed");
  assert.equal(sums(["a", "pytest", "..F\n1 failed, 2 passed in 61.08s (0:01:01)\n", false]), "2 passed, 1 failed");
  assert.equal(sums(["a", "stories", stories, false]), "4 passed, 1 failed");
  assert.equal(sums(["a", "node", node, false]), "3 passed, 1 failed");
});

test("counts add up, and colours do not hide them", () => {
  const green = "\u001b[32m  Tests  \u001b[1m5 passed\u001b[22m (5)\u001b[39m\n";
  const stories = "stories: 4 passed, 0 failed\n";
  assert.equal(sums(["a", "vitest", green, true], ["b", "stories", stories, true]), "9 passed, 0 failed");
});

test("a runner that breaks before it counts is one failure", () => {
  assert.equal(sums(["a", "nextest", "error: could not compile\n", false]), "0 passed, 1 failed");
  assert.equal(sums(["a", "stories", "stories: 4 passed, 0 failed\n", false]), "4 passed, 1 failed");
});

test("a runner that ends well without a count is a failure: nothing shows that it ran a test", () => {
  assert.equal(sums(["a", "vitest", "", true]), "0 passed, 1 failed");
});
