import { expect, test } from "vitest";
import type { HistoryEntry } from "../src/protocol.generated";
import { partsOf, previewOf, previewWords, ruleOf, ruleQuestion, wouldAllow } from "../src/rules";
import { approval } from "./fakeLink";

function entry(command: string, decision: unknown, fields: Partial<HistoryEntry["approval"]> = {}): HistoryEntry {
  const asked = approval({ command: `/bin/bash -lc '${command}'`, ...fields });
  return { approval: asked, outcome: "decided", decision, decidedBy: null, resolvedAt: 1, delivery: "confirmed" };
}

test("a command is taken apart into words; what is more than words is not", () => {
  expect([
    partsOf("git commit -m 'two words'"),
    partsOf('npm test&&npm run "a b"c | wc -l; ls'),
    partsOf("a\nb"),
    partsOf("a\\ b"),
    partsOf("rm -rf $HOME"),
    partsOf("ls > list"),
    partsOf("(ls)"),
    partsOf("echo `id`"),
    partsOf("sleep 1 &"),
    partsOf("echo 'open"),
  ]).toEqual([
    [["git", "commit", "-m", "two words"]],
    [["npm", "test"], ["npm", "run", "a bc"], ["wc", "-l"], ["ls"]],
    [["a"], ["b"]],
    [["a b"]],
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});

test("a rule allows what begins with it, in every part", () => {
  const allowed = (command: string) => wouldAllow(["npm", "run"], command);
  expect([
    allowed("npm run build"),
    allowed("/bin/bash -lc 'npm run build'"),
    allowed("npm run a && npm run b"),
    allowed("npm running"),
    allowed("npm"),
    allowed("npm run a && curl x.org"),
    allowed("npm run $(id)"),
    allowed(""),
  ]).toEqual([true, true, true, false, false, false, false, false]);
});

test("the preview says what would have been allowed, and what of it was declined", () => {
  const entries = [
    entry("npm test", "accept"),
    entry("npm test -- --watch", "decline"),
    entry("npm test && rm -rf x", "cancel"),
    entry("ls", "accept"),
    entry("npm test", "accept", { kind: "fileChange" }),
    entry("npm test", "accept", { network: { host: "x.org" } }),
  ];
  const preview = previewOf(["npm", "test"], entries);
  expect(preview).toEqual({ allowed: 2, of: 4, declined: 1 });
  expect([
    previewWords(preview),
    previewWords({ allowed: 41, of: 200, declined: 0 }),
    previewWords({ allowed: 0, of: 1, declined: 0 }),
    previewWords({ allowed: 1, of: 1, declined: 0 }),
    previewWords({ allowed: 1, of: 1, declined: 1 }),
    previewWords(previewOf(["npm"], [])),
  ]).toEqual([
    "It would have allowed 2 of your last 4 commands, 1 of which you declined.",
    "It would have allowed 41 of your last 200 commands.",
    "It would not have allowed your last command.",
    "It would have allowed your last command.",
    "It would have allowed your last command, which you declined.",
    "No command was asked about yet, so there is nothing to judge it by.",
  ]);
  const many = Array.from({ length: 300 }, () => entry("npm test", "accept"));
  expect(previewOf(["npm"], many).of).toBe(200);
});

test("only what is kept for ever is a rule", () => {
  const rule = ruleOf({ acceptWithExecpolicyAmendment: { execpolicy_amendment: ["touch", "a"] } });
  const network = ruleOf({
    applyNetworkPolicyAmendment: { network_policy_amendment: { host: "x.org", action: "deny" } },
  });
  expect([
    rule && ruleQuestion(rule),
    network && ruleQuestion(network),
    ruleOf("acceptForSession"),
    ruleOf(null),
  ]).toEqual(["Always allow commands that begin with “touch a”?", "Always block connections to x.org?", null, null]);
});
