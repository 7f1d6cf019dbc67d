// Editors that are not ours, each with its own LSP client and the configuration of docs/editors.md: a story each, and
// what the person saw, held against the transcript beside it, which is of one version: another one may word and order
// its lists otherwise, and then only the story itself has to come to its end. UPDATE=1 writes the transcripts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { makeWorkspace } from "../acp/agent.mjs";
import { root } from "../tools/paths.mjs";
import { probe } from "../tools/run.mjs";

const here = path.join(root, "tests/editors");

const editors = {
  neovim: {
    program: "nvim",
    config: "init.lua",
    args: (of) => ["--headless", "-n", "-u", of("init.lua"), "-S", of("story.lua")],
  },
  emacs: { program: "emacs", config: "init.el", args: (of) => ["--batch", "-l", of("init.el"), "-l", of("story.el")] },
};

for (const [name, { program, config, args }] of Object.entries(editors)) {
  const version = (await probe(program, ["--version"]))?.split("\n")[0];
  const of = (file) => path.join(here, name, file);

  test(
    `${name}: a change, a command, an undo and a steered turn`,
    { skip: !version && `${program} is not installed` },
    async () => {
      const workspace = await makeWorkspace({ "notes.txt": "one\ntwo\nthree\n" });
      try {
        const transcript = path.join(workspace.env.TMPDIR, "transcript");
        const ended = await play(program, args(of), workspace, transcript);
        const story = await readFile(transcript, "utf8").catch(() => "");
        const seen = `${version}\n${story}`;
        assert.equal(ended.code, 0, `${seen}\n${ended.output}`);
        if (process.env.UPDATE === "1") await writeFile(of("transcript.txt"), seen);
        const known = await readFile(of("transcript.txt"), "utf8");
        if (known.startsWith(`${version}\n`)) assert.equal(seen, known);
        else assert.match(story, /^the end$/m);
      } finally {
        await workspace.end();
      }
    },
  );

  test(`${name}: the configuration is the documented one`, async () => {
    const documented = await readFile(path.join(root, "docs/editors.md"), "utf8");
    assert.ok(documented.includes(await readFile(of(config), "utf8")), `docs/editors.md lacks ${name}/${config}`);
  });
}

/** Runs an editor to its end. Its stdin stays open: some end when it does. */
function play(program, args, { folder, env, outrigger }, transcript) {
  const child = spawn(program, args, {
    cwd: folder,
    env: {
      ...env,
      PATH: [path.dirname(outrigger), env.PATH].join(path.delimiter),
      // Commands are shown with the shell that runs them.
      SHELL: "/bin/bash",
      OUTRIGGER_TRANSCRIPT: transcript,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
