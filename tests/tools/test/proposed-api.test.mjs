import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { restoreProposedApiGate } from "../vscode-proposed-api.mjs";

const FILES = ["out/vs/code/browser/workbench/workbench.js", "out/vs/workbench/api/node/extensionHostProcess.js"];
const OPEN = 'function $a(e,t){return!0}function other(e,t){return!0}if($a(x.d,"defaultChatParticipant"))run();';

test("the gate is put back once, found again, and missed loudly", async () => {
  const dir = await mkdtemp(path.join(os.tmpdir(), "outrigger-gate-"));
  const write = async (source) => {
    for (const file of FILES) {
      await mkdir(path.join(dir, path.dirname(file)), { recursive: true });
      await writeFile(path.join(dir, file), source);
    }
  };
  await write(OPEN);
  assert.deepEqual(await restoreProposedApiGate(dir), [
    "workbench.js: 1 patched",
    "extensionHostProcess.js: 1 patched",
  ]);
  const patched = await readFile(path.join(dir, FILES[0]), "utf8");
  assert.equal(
    patched,
    'function $a(e,t){return!!(e.enabledApiProposals&&e.enabledApiProposals.includes(t))}function other(e,t){return!0}if($a(x.d,"defaultChatParticipant"))run();',
  );
  assert.deepEqual(await restoreProposedApiGate(dir), [
    "workbench.js: already patched",
    "extensionHostProcess.js: already patched",
  ]);
  assert.equal(await readFile(path.join(dir, FILES[0]), "utf8"), patched);

  await write('function b(e){return 1}if(b(x,"defaultChatParticipant"))run();');
  await assert.rejects(restoreProposedApiGate(dir), /expected one proposed-API gate, found 0/);
  await rm(dir, { recursive: true });
});
