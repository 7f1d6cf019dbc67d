import { expect, test } from "vitest";
import { refusalOfSidecar } from "../src/sidecarVersion";

test("a sidecar that is older than the extension is refused, and says why", () => {
  const refused = (version: string, protocolVersion = 1) =>
    refusalOfSidecar({ version, protocolVersion }, "0.10.2", "/opt/outrigger");
  expect([
    refused("0.10.2"),
    refused("0.10.3"),
    refused("1.0.0"),
    refused("0.10.2+local"),
    refused("0.9.9"),
    refused("strange"),
    refused("0.10.2", 2),
    refusalOfSidecar(null, "0.10.2", "/bin/cat"),
  ]).toEqual([
    null,
    null,
    null,
    null,
    "/opt/outrigger is Outrigger 0.9.9, which is older than this extension (0.10.2).",
    "/opt/outrigger is Outrigger strange, which is older than this extension (0.10.2).",
    "/opt/outrigger speaks version 2 of the protocol, and this extension 1.",
    "/bin/cat is no Outrigger: it does not say what it speaks.",
  ]);
});
