// Puts VS Code's proposed-API gate back. code-server switches it off, so an extension that leans on a proposed
// API would work here and fail in the VS Code that people have.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const BUNDLES = ["out/vs/code/browser/workbench/workbench.js", "out/vs/workbench/api/node/extensionHostProcess.js"];

// The names are minified, so the gate is found by its use: it is called with the name of a proposal.
const USE = /([\w$]+)\([\w$.]+,"(?:chatParticipantAdditions|defaultChatParticipant|chatSessionsProvider)"\)/g;

/** Patches both bundles under `lib/vscode`, or finds them patched; throws when a bundle is not as expected. */
export async function restoreProposedApiGate(libVscode) {
  return Promise.all(BUNDLES.map((bundle) => patch(path.join(libVscode, bundle))));
}

async function patch(file) {
  const source = await readFile(file, "utf8");
  const names = [...new Set([...source.matchAll(USE)].map((match) => match[1]))].map((name) =>
    name.replaceAll("$", "\\$"),
  );
  const open = new RegExp(`function (${names.join("|")})\\((\\w+),(\\w+)\\)\\{return!0\\}`, "g");
  const gate = (_, name, extension, proposal) =>
    `function ${name}(${extension},${proposal}){${check(extension, proposal)}}`;
  const opened = [...source.matchAll(open)].length;
  const patched = source
    .replace(open, gate)
    .replace("_envEnablesProposedApiForAll=!0", "_envEnablesProposedApiForAll=!1");
  const closed = new RegExp(
    `function (?:${names.join("|")})\\((\\w+),(\\w+)\\)\\{return!!\\(\\1\\.enabledApiProposals&&`,
    "g",
  );
  const gates = [...patched.matchAll(closed)].length;
  if (names.length === 0 || gates !== 1) {
    throw new Error(`${file}: expected one proposed-API gate, found ${gates}; this code-server is built differently`);
  }
  if (opened > 0) await writeFile(file, patched);
  return `${path.basename(file)}: ${opened > 0 ? `${opened} patched` : "already patched"}`;
}

function check(extension, proposal) {
  return `return!!(${extension}.enabledApiProposals&&${extension}.enabledApiProposals.includes(${proposal}))`;
}
