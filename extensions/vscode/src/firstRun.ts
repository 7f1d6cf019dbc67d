// The first time: the walkthrough and what its steps do, and a word when Codex marks a folder as trusted.

import { readFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Door, Owned } from "./door";
import { t } from "./l10n";
import { marksTrusted } from "./trust";
import type { Conversation } from "./view/conversation";

const WALKTHROUGH = "outrigger.outrigger#outrigger.start";
/** Folders of which it was said. */
const SAID = "outrigger.trustSaid";

type Composer = { putBack: (message: { text: string; pictures: [] }) => void };

export function makeFirstRun(
  context: vscode.ExtensionContext,
  door: Door,
  conversation: Conversation,
  composer: Composer,
  folder: () => string | null,
): Owned[] {
  const trust = new FolderTrust(context.globalState, folder);
  let active: string | null = null;
  const follow = () => {
    const { activeTurnId } = conversation.page;
    if (activeTurnId !== null && active === null) void trust.look();
    active = activeTurnId;
  };
  return [
    vscode.commands.registerCommand("outrigger.walkthrough", () =>
      vscode.commands.executeCommand("workbench.action.openWalkthrough", WALKTHROUGH, false),
    ),
    vscode.commands.registerCommand("outrigger.tryPrompt", async () => {
      await vscode.commands.executeCommand("outrigger.view.focus");
      const text = t("What is in this folder, how is it built and run, and where would you begin to read?");
      composer.putBack({ text, pictures: [] });
    }),
    { dispose: conversation.onPage.add(follow) },
    {
      dispose: door.onNote("outrigger/appServer/status", ({ state }) => {
        void vscode.commands.executeCommand("setContext", "outrigger.codexReady", state === "ready");
      }),
    },
  ];
}

/** Codex writes by itself that it trusts a folder in which a thread may write. The person is told, once for each. */
class FolderTrust {
  /** The folders that were not marked when this window first looked. */
  private readonly unmarked = new Set<string>();

  constructor(
    private readonly memory: vscode.Memento,
    private readonly folder: () => string | null,
  ) {
    void this.look();
  }

  async look(): Promise<void> {
    const folder = this.folder();
    if (folder === null) return;
    const home = process.env["CODEX_HOME"] ?? path.join(os.homedir(), ".codex");
    const file = path.join(home, "config.toml");
    const config = await readFile(file, "utf8").catch(() => "");
    if (!marksTrusted(config, folder)) this.unmarked.add(folder);
    else if (this.unmarked.delete(folder)) await this.say(folder, file);
  }

  private async say(folder: string, file: string): Promise<void> {
    const said = this.memory.get<string[]>(SAID, []);
    if (said.includes(folder)) return;
    await this.memory.update(SAID, [...said.slice(-500), folder]);
    const open = t("Open config.toml");
    const text = t("Codex now trusts this folder: it has written so into its config.toml.");
    if ((await vscode.window.showInformationMessage(text, open)) !== open) return;
    await vscode.window.showTextDocument(vscode.Uri.file(file));
  }
}
