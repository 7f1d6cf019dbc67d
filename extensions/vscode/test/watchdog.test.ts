import { expect, test } from "vitest";
import { RestartBudget } from "../src/restartBudget";
import { Watchdog } from "../src/watchdog";
import { FakeClock } from "./fakeClock";
import { settled } from "./fakeLink";

/** A watched side whose answers the test gives, and what it was asked so far. */
function watched() {
  const clock = new FakeClock();
  const seen = { asked: 0, dead: 0 };
  const answers: (() => void)[] = [];
  const watchdog = new Watchdog(
    {
      ask: () => {
        seen.asked += 1;
        return new Promise<void>((resolve) => answers.push(resolve));
      },
      dead: () => void (seen.dead += 1),
    },
    clock,
  );
  return { clock, seen, watchdog, answer: (question = answers.length - 1) => answers[question]?.() };
}

test("one question at a time, every ten seconds, and nothing else while all is well", async () => {
  const { clock, seen, watchdog, answer } = watched();
  watchdog.start();
  watchdog.start();
  for (let beat = 1; beat <= 5; beat += 1) {
    await clock.pass(10);
    expect(seen).toEqual({ asked: beat, dead: 0 });
    answer();
    await settled();
  }
});

test("three beats without an answer end the watch, and say so once", async () => {
  const { clock, seen, watchdog } = watched();
  watchdog.start();
  await clock.pass(39);
  expect(seen).toEqual({ asked: 1, dead: 0 });
  await clock.pass(1);
  expect(seen).toEqual({ asked: 1, dead: 1 });
  await clock.pass(100);
  expect(seen).toEqual({ asked: 1, dead: 1 });
});

test("an answer after two misses begins the count anew", async () => {
  const { clock, seen, watchdog, answer } = watched();
  watchdog.start();
  await clock.pass(35);
  answer();
  await settled();
  await clock.pass(34);
  expect(seen).toEqual({ asked: 2, dead: 0 });
  await clock.pass(1);
  expect(seen).toEqual({ asked: 2, dead: 1 });
});

test("a refusal is an answer", async () => {
  const clock = new FakeClock();
  let dead = 0;
  const watchdog = new Watchdog(
    { ask: () => Promise.reject(new Error("unknown")), dead: () => void (dead += 1) },
    clock,
  );
  watchdog.start();
  await clock.pass(200);
  expect(dead).toBe(0);
});

test.each([
  ["a night's sleep", 8 * 3600],
  ["a clock that is set back", -3600],
])("%s does not count as misses", async (_, seconds) => {
  const { clock, seen, watchdog } = watched();
  watchdog.start();
  await clock.pass(35); // Asked once, and missed twice.
  clock.jump(seconds);
  await clock.pass(25); // The beat at 40 s is the jump's, and 50 and 60 s are the first two misses after it.
  expect(seen).toEqual({ asked: 1, dead: 0 });
  await clock.pass(10);
  expect(seen).toEqual({ asked: 1, dead: 1 });
});

test("a watch begun again does not take the answer of the one before it", async () => {
  const { clock, seen, watchdog, answer } = watched();
  watchdog.start();
  await clock.pass(10);
  watchdog.stop();
  watchdog.start();
  await clock.pass(39);
  answer(0);
  await settled();
  expect(seen).toEqual({ asked: 2, dead: 0 });
  await clock.pass(1);
  expect(seen).toEqual({ asked: 2, dead: 1 });
});

test("a budget of restarts is spent within its window, and comes back with time or a person", () => {
  let now = 0;
  const budget = new RestartBudget(2, 1_000, () => now);
  expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
  now = 1_000;
  expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
  budget.renew();
  expect(budget.spend()).toBe(true);
});
