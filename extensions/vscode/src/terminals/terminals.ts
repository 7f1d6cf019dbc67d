// Terminals that outlive the window: opened, found again after a reload, shown in a second window, and ended when a
// person closes them.

import * as vscode from "vscode";
import type { Door, Owned } from "../door";
import { refusalOf } from "../door";
import { t } from "../l10n";
import type { Terminal, TerminalProcess } from "../protocol.generated";
import { say } from "../surfaces/notifications";
import { type Memory, type Remembered, toReopen } from "./memory";
import { type Origin, TerminalTab } from "./tab";
import { leftBehind, stillRuns, tabName, whereWords } from "./wording";

const PROFILE = "outrigger.terminal";
const ICON = "terminal-tmux";
/** VS Code opens a shell of its own in an open panel within so many milliseconds of its start. */
const STARTS_MS = 15_000;

type Shown = { tab: TerminalTab; name: string; own: boolean };

export class Terminals implements vscode.Disposable {
  private readonly shown = new Map<vscode.Terminal, Shown>();
  /** Tabs that VS Code opens for us, by way of the profile. */
  private readonly coming: Shown[] = [];
  private restoring: Promise<void> | null = null;
  private restored = false;
  /** The one that was in front last; null for one of VS Code's own. */
  private front: string | null = null;
  /** Was in front, and comes there again when VS Code's panel turns out to be open. */
  private forFront: { tab: vscode.Terminal; until: number } | null = null;
  /** Where Outrigger's is the usual profile, VS Code asks for one before it is known what was open here. */
  private readonly early: ((shown: Shown) => void)[] = [];
  private readonly disposables: Owned[];

  constructor(
    private readonly door: Door,
    private readonly memory: Memory,
    /** The folder of the window that new ones begin in, as a URI. */
    private readonly folder: () => string | null,
    private readonly thread: () => string | null,
  ) {
    const command = (id: string, run: () => unknown) =>
      vscode.commands.registerCommand(`outrigger.terminal.${id}`, run);
    this.disposables = [
      vscode.window.registerTerminalProfileProvider(PROFILE, {
        provideTerminalProfile: async () => new vscode.TerminalProfile(this.options(await this.provide())),
      }),
      vscode.window.onDidOpenTerminal((terminal) => this.opened(terminal)),
      vscode.window.onDidCloseTerminal((terminal) => void this.closed(terminal)),
      vscode.window.onDidChangeActiveTerminal((terminal) => this.activated(terminal)),
      { dispose: door.onState(() => this.follow()) },
      command("new", () => this.create(null)),
      command("newForThread", () => this.create(this.thread())),
      command("attach", () => this.pick()),
      command("restart", () => this.active?.tab.restart()),
      command("detach", () => this.active?.tab.detach()),
    ];
    this.follow();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private get active(): Shown | undefined {
    const terminal = vscode.window.activeTerminal;
    return terminal && this.shown.get(terminal);
  }

  private create(threadId: string | null): void {
    this.show(this.fresh(threadId)).show();
  }

  private fresh(threadId: string | null): Shown {
    return this.tabOf({ cwd: this.folder(), threadId }, t("Outrigger"), true);
  }

  private tabOf(origin: Origin, name: string, own: boolean): Shown {
    const tab = new TerminalTab(this.door, origin, {
      opened: (terminalId) => {
        this.front = terminalId;
        this.remember();
      },
      over: (terminalId) => void this.end(terminalId, {}),
    });
    return { tab, name, own };
  }

  private options({ tab, name, own }: Shown): vscode.ExtensionTerminalOptions {
    this.coming.push({ tab, name, own });
    return { name, pty: tab, iconPath: new vscode.ThemeIcon(ICON) };
  }

  private show(shown: Shown): vscode.Terminal {
    const terminal = vscode.window.createTerminal(this.options(shown));
    this.opened(terminal);
    return terminal;
  }

  private opened(terminal: vscode.Terminal): void {
    const { pty } = terminal.creationOptions as Partial<vscode.ExtensionTerminalOptions>;
    const at = this.coming.findIndex(({ tab }) => tab === pty);
    const [shown] = at < 0 ? [] : this.coming.splice(at, 1);
    if (shown) this.shown.set(terminal, shown);
    if (shown || this.shown.has(terminal) || !this.forFront) return;
    if (Date.now() < this.forFront.until) this.forFront.tab.show(true);
    this.forFront = null;
  }

  private activated(terminal: vscode.Terminal | undefined): void {
    const ours = terminal !== undefined && this.shown.has(terminal);
    if (terminal !== undefined && this.restored) {
      this.front = this.shown.get(terminal)?.tab.terminalId ?? null;
      this.remember();
    }
    void vscode.commands.executeCommand("setContext", "outrigger.terminalActive", ours);
  }

  /** A tab is gone. Only one that a person closed ends its terminal; a window that goes leaves all of them. */
  private async closed(terminal: vscode.Terminal): Promise<void> {
    const shown = this.shown.get(terminal);
    const reason = terminal.exitStatus?.reason;
    const { User, Process, Extension } = vscode.TerminalExitReason;
    if (!shown || (reason !== User && reason !== Process && reason !== Extension)) return;
    this.shown.delete(terminal);
    this.remember();
    const { terminalId } = shown.tab;
    if (terminalId === null || reason !== User) return;
    if (shown.own) await this.endOrKeep(terminalId, tabNameOf(terminal, shown));
    else say(t("The terminal goes on where it was opened."));
  }

  private async endOrKeep(terminalId: string, name: string): Promise<void> {
    const running = await this.end(terminalId, {});
    if (!running) return;
    const [keep, end, everything] = [t("Keep Running"), t("End It"), t("End Everything It Started")];
    const choice = await vscode.window.showWarningMessage(stillRuns(running, name), keep, end, everything);
    if (choice === end) await this.end(terminalId, { force: true });
    else if (choice === everything) await this.end(terminalId, { force: true, everything: true });
    else say(t("It goes on. “Attach to Terminal…” shows it again."));
  }

  /** Ends a terminal; or says what runs in it, and leaves it. */
  private async end(
    terminalId: string,
    how: { force?: boolean; everything?: boolean },
  ): Promise<TerminalProcess[] | null> {
    try {
      const { left, survived } = await this.door.request("outrigger/terminal/close", { terminalId, ...how });
      const text = leftBehind(left, survived);
      if (text !== null) void vscode.window.showInformationMessage(text);
    } catch (error) {
      const { kind, data, message } = refusalOf(error);
      if (kind === "conflicted" && Array.isArray(data["running"])) return data["running"] as TerminalProcess[];
      if (kind !== "terminalUnknown") void vscode.window.showErrorMessage(message);
    }
    return null;
  }

  private remember(): void {
    const all = [...this.shown.values()].flatMap(({ tab, own }): Remembered[] => {
      const { terminalId } = tab;
      return terminalId === null ? [] : [{ terminalId, own }];
    });
    this.memory.set({ terminals: all, active: this.front });
  }

  private follow(): void {
    const { state } = this.door.state;
    if (state === "starting" || this.restoring) return;
    if (state !== "running" || !this.door.offers("outrigger/terminal/list")) {
      this.answerEarly();
      return;
    }
    this.restoring = this.restore()
      .catch(() => undefined)
      .finally(() => {
        this.restored = true;
        this.answerEarly();
      });
  }

  private provide(): Shown | Promise<Shown> {
    if (this.restored || this.memory.get().terminals.length === 0) return this.fresh(null);
    return new Promise((resolve) => this.early.push(resolve));
  }

  private answerEarly(): void {
    for (const answer of this.early.splice(0)) answer(this.fresh(null));
  }

  /** Opens again what this window had open, and says what else there is of this folder. */
  private async restore(): Promise<void> {
    const { terminals } = await this.door.request("outrigger/terminal/list", {});
    const { terminals: open, active } = this.memory.get();
    const { reopened, others } = toReopen(terminals, open, this.folder());
    // VS Code opens a shell of its own in a panel that is open: without one, nothing is brought to the front.
    const panel = vscode.window.terminals.length > 0;
    for (const { terminal, own } of reopened) {
      const early = this.early.shift();
      if (early) early(this.again(terminal, own));
      else {
        const tab = this.show(this.again(terminal, own));
        if (terminal.terminalId !== active) continue;
        if (panel) tab.show(true);
        else this.forFront = { tab, until: Date.now() + STARTS_MS };
      }
    }
    this.remember();
    if (others.length > 0) {
      const words =
        others.length === 1
          ? t("A terminal of this folder goes on: “Attach to Terminal…” shows it.")
          : t("{0} terminals of this folder go on: “Attach to Terminal…” shows them.", others.length);
      say(words);
    }
  }

  private again(terminal: Terminal, own: boolean): Shown {
    const name = tabName(terminal);
    return this.tabOf({ terminalId: terminal.terminalId, name }, name, own);
  }

  private async pick(): Promise<void> {
    const pick = vscode.window.createQuickPick<Item>();
    pick.title = t("Attach to Terminal");
    pick.placeholder = t("Terminals of Outrigger, from all windows");
    pick.matchOnDescription = true;
    pick.busy = true;
    const fill = async () => {
      const { terminals } = await this.door.request("outrigger/terminal/list", {});
      const here = new Set([...this.shown.values()].map(({ tab }) => tab.terminalId));
      pick.items = terminals.map((terminal) => itemOf(terminal, here.has(terminal.terminalId)));
      pick.busy = false;
      if (terminals.length === 0) pick.placeholder = t("No terminal of Outrigger is open");
    };
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      pick.hide();
      if (item) this.attach(item.terminal);
    });
    pick.onDidTriggerItemButton(({ item: { terminal } }) => {
      pick.hide();
      void this.endOrKeep(terminal.terminalId, tabName(terminal));
    });
    pick.onDidHide(() => pick.dispose());
    pick.show();
    await fill().catch((error: unknown) => {
      pick.hide();
      void vscode.window.showErrorMessage(refusalOf(error).message);
    });
  }

  private attach(terminal: Terminal): void {
    const here = [...this.shown].find(([, { tab }]) => tab.terminalId === terminal.terminalId);
    const shown = here?.[0] ?? this.show(this.again(terminal, false));
    shown.show();
    this.remember();
  }
}

type Item = vscode.QuickPickItem & { terminal: Terminal };

function itemOf(terminal: Terminal, here: boolean): Item {
  const icon = terminal.status === "running" ? `$(${ICON})` : "$(circle-slash)";
  return {
    label: `${icon} ${tabName(terminal).replaceAll("$(", "$ (")}`,
    description: here ? t("{0}, open in this window", whereWords(terminal)) : whereWords(terminal),
    buttons: [{ iconPath: new vscode.ThemeIcon("trash"), tooltip: t("End") }],
    terminal,
  };
}

function tabNameOf(terminal: vscode.Terminal, { name }: Shown): string {
  return terminal.name || name;
}
