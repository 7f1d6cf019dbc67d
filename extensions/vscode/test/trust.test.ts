import { expect, test } from "vitest";
import { marksTrusted, placeOf } from "../src/trust";

test("something runs only in a trusted window with a folder", () => {
  expect([placeOf(false, 1), placeOf(true, 0), placeOf(true, 1)]).toEqual(["untrusted", "noFolder", "open"]);
});

test("what Codex's config says of a folder is read, however it is quoted", () => {
  const config = [
    'model = "x"',
    '[projects."/a b"]',
    'trust_level = "trusted"',
    "",
    "[projects.'/c']  # mine",
    'trust_level = "untrusted"',
    "[projects.'C:\\d']",
    'trust_level = "trusted"',
    "[other]",
    '[projects."/e\\\\f"]',
    "trust_level = 'trusted'",
  ].join("\n");
  const trusted = ["/a b", "/c", "C:\\d", "/e\\f", "/g"].map((folder) => marksTrusted(config, folder));
  expect([trusted, marksTrusted("", "/c")]).toEqual([[true, false, true, true, false], false]);
});
