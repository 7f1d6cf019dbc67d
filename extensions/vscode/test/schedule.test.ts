import { expect, test } from "vitest";
import {
  DAYS,
  dayName,
  FIRST_PLAN,
  momentWords,
  planOf,
  ruleOf,
  scheduleWords,
  zoneWords,
} from "../src/automations/schedule";

test("a rule that fields can show becomes them, and they become the rule", () => {
  const rules = [
    "FREQ=MINUTELY;INTERVAL=5",
    "FREQ=HOURLY;INTERVAL=2",
    "FREQ=DAILY;BYHOUR=6;BYMINUTE=5",
    "FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9;BYMINUTE=30",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=0;BYMINUTE=0",
  ];
  expect(rules.map((rule) => ruleOf(planOf(rule)))).toEqual(rules);
  expect(rules.map((rule) => planOf(rule).every)).toEqual(["minutes", "hours", "day", "week", "month"]);
  expect(ruleOf(planOf(` rrule:freq=weekly;byday=${DAYS.join(",")};byminute=0;byhour=7 `))).toBe(
    "FREQ=DAILY;BYHOUR=7;BYMINUTE=0",
  );
});

test("any other rule stays as it was written", () => {
  const rules = [
    "",
    "every day",
    "FREQ=HOURLY;INTERVAL=24",
    "FREQ=HOURLY;INTERVAL=720",
    "FREQ=HOURLY;INTERVAL=2;BYDAY=MO",
    "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0",
    "FREQ=DAILY;INTERVAL=2;BYHOUR=9;BYMINUTE=0",
    "FREQ=DAILY;BYHOUR=24;BYMINUTE=0",
    "FREQ=DAILY;BYHOUR=9",
    "FREQ=DAILY;COUNT=1;BYHOUR=9;BYMINUTE=0",
    "FREQ=WEEKLY;BYDAY=2MO;BYHOUR=9;BYMINUTE=0",
    "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0",
    "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=17;BYMINUTE=0",
    "FREQ=DAILY;FREQ=DAILY;BYHOUR=9;BYMINUTE=0",
    "DTSTART;TZID=Europe/Berlin:20261123T093000\nRRULE:FREQ=DAILY",
  ];
  for (const rule of rules) {
    expect([rule, planOf(rule).every]).toEqual([rule, "rule"]);
    expect(ruleOf(planOf(rule))).toBe(rule);
  }
});

test("fields that a rule does not have stay as they were", () => {
  const before = { ...FIRST_PLAN, hour: 7, minute: 15, monthDay: 9 };
  expect(planOf("FREQ=HOURLY;INTERVAL=3", before)).toEqual({
    ...before,
    every: "hours",
    interval: 3,
    rule: "FREQ=HOURLY;INTERVAL=3",
  });
});

test("a rule in words, and what has none as it is written", () => {
  const words = (rule: string) => scheduleWords(rule, "en-GB");
  expect(words("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=30")).toBe("Weekdays at 09:30");
  expect(words("FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=17;BYMINUTE=0")).toBe("Mon, Thu at 17:00");
  expect(words("FREQ=DAILY;BYHOUR=0;BYMINUTE=5")).toBe("Every day at 00:05");
  expect(words("FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=8;BYMINUTE=0")).toBe("On day 31 of the month at 08:00");
  expect([words("FREQ=HOURLY"), words("FREQ=HOURLY;INTERVAL=6")]).toEqual(["Every hour", "Every 6 hours"]);
  expect([words("FREQ=MINUTELY"), words("FREQ=MINUTELY;INTERVAL=5")]).toEqual(["Every minute", "Every 5 minutes"]);
  expect(words("DTSTART:20261123T093000Z\n RRULE:FREQ=YEARLY")).toBe("DTSTART:20261123T093000Z RRULE:FREQ=YEARLY");
  expect([dayName("MO", "long", "de"), dayName("SU", "short", "en")]).toEqual(["Montag", "Sun"]);
});

test("a moment is told by the clock of the automation, and in UTC where its zone is not known here", () => {
  const at = Date.UTC(2026, 6, 1, 7, 30);
  // How a date is punctuated is the engine's matter.
  const plain = (text: string) => text.replaceAll(",", "");
  expect(plain(momentWords(at, "Asia/Tokyo", "en-GB", true))).toBe("Wed 1 Jul 2026 16:30 GMT+9");
  expect(plain(momentWords(at, "Mars/Olympus", "en-GB"))).toBe("Wed 1 Jul 2026 07:30 UTC");
  expect([zoneWords("America/New_York"), zoneWords("UTC")]).toEqual(["New York", "UTC"]);
});
