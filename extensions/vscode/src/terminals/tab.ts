// A terminal of Outrigger in a tab of VS Code.

import * as vscode from "vscode";
import type { Door, Owned, Refusal } from "../door";
import type { Terminal, TerminalExited } from "../protocol.generated";
import { Attachment, type Face, type Size } from "./attachment";
import { endedLine, tabName } from "./wording";

/** What a shell gets that VS Code has not said the size for yet. */
const USUAL: Size = { cols: 80, rows: 24 };

/** Which terminal a tab is for: one that is there, or a new one. */
export type Origin = { terminalId: string; name: string } | { cwd: string | null; threadId: string | null };

export type TabEvents = {
  /** The terminal is there. */
  opened: (terminalId: string) => void;
  /** Nothing runs in it any more and it is to be looked at no longer. */
  over: (terminalId: string) => void;
};

type Stage = "waiting" | "live" | "restored" | "ended";

export class TerminalTab implements vscode.Pseudoterminal, Face {
  private readonly writes = new vscode.EventEmitter<string>();
  private readonly closes = new vscode.EventEmitter<void>();
  private readonly names = new vscode.EventEmitter<string>();
  private readonly sizes = new vscode.EventEmitter<vscode.TerminalDimensions | undefined>();
  readonly onDidWrite = this.writes.event;
  readonly onDidClose = this.closes.event;
  readonly onDidChangeName = this.names.event;
  readonly onDidOverrideDimensions = this.sizes.event;

  private attachment: Attachment | null = null;
  private stage: Stage = "waiting";
  private opened = false;
  private gone = false;
  /** What VS Code has room for. */
  private own: Size | null = null;
  /** What the terminal has; null until it is drawn. */
  private actual: Size | null = null;
  /** What was asked for last and is not told yet: sizes in between are none of another window. */
  private asked: Size | null = null;
  private overridden: Size | null = null;
  private readonly disposables: Owned[];

  constructor(
    private readonly door: Door,
    private readonly origin: Origin,
    private readonly events: TabEvents,
  ) {
    this.disposables = [
      this.writes,
      this.closes,
      this.names,
      this.sizes,
      { dispose: door.onState(() => this.follow()) },
    ];
  }

  get terminalId(): string | null {
    return this.attachment?.terminalId ?? ("terminalId" in this.origin ? this.origin.terminalId : null);
  }

  get restored(): boolean {
    return this.stage === "restored";
  }

  // What VS Code calls.

  open(size: vscode.TerminalDimensions | undefined): void {
    this.opened = true;
    this.own = size ? { cols: size.columns, rows: size.rows } : null;
    this.follow();
  }

  /** The tab is gone. Why, and so what becomes of the terminal, VS Code says elsewhere. */
  close(): void {
    this.gone = true;
    this.attachment?.leave();
    for (const disposable of this.disposables) disposable.dispose();
  }

  handleInput(data: string): void {
    const rest = this.attachment?.hear(data) ?? data;
    if (rest === "") return;
    const typed = !rest.startsWith("\x1b");
    if (this.stage === "live") {
      if (typed) this.takeSize();
      this.attachment?.type(rest);
    } else if (this.stage === "restored" && rest === "\r") {
      void this.restart();
    } else if (this.stage === "ended" && typed) this.leave();
  }

  setDimensions({ columns, rows }: vscode.TerminalDimensions): void {
    const size = { cols: columns, rows };
    // VS Code tells the size that it was told to have.
    if (this.overridden && this.own && same(size, smaller(this.overridden, this.own))) return;
    const first = this.own === null;
    this.own = size;
    if (first) this.follow();
    else this.resize();
  }

  // What a person asks for.

  /** Starts the person's shell where a restored terminal was. */
  async restart(): Promise<void> {
    const { terminalId } = this;
    if (this.stage !== "restored" || terminalId === null) return;
    this.stage = "waiting";
    try {
      await this.door.request("outrigger/terminal/restart", { terminalId });
    } catch (error) {
      this.stage = "restored";
      this.line((error as Error).message);
    }
  }

  /** Closes the tab and leaves the terminal as it is. */
  detach(): void {
    this.closes.fire();
  }

  // What the terminal says.

  write(text: string): void {
    this.writes.fire(text);
  }

  changed(terminal: Terminal): void {
    this.names.fire(tabName(terminal));
    this.sized({ cols: terminal.cols, rows: terminal.rows });
  }

  drawn(terminal: Terminal): void {
    this.asked = null;
    this.stage = { running: "live", exited: "ended", restored: "restored" }[terminal.status] as Stage;
    this.changed(terminal);
    if (this.stage === "live") this.resize();
    else this.line(endedLine(terminal));
  }

  exited({ exitCode, signal }: TerminalExited): void {
    this.stage = "ended";
    if (exitCode === 0) this.leave();
    else this.line(endedLine({ status: "exited", exitCode, signal }));
  }

  failed({ kind, message, hint }: Refusal): void {
    if (kind === "cancelled" || this.door.state.state !== "running") return;
    if (kind === "terminalUnknown") this.stage = "ended";
    this.line(hint === null ? message : `${message} ${hint}`);
  }

  closed(): void {
    this.closes.fire();
  }

  private follow(): void {
    if (!this.opened || this.gone) return;
    if (this.door.state.state !== "running") {
      this.attachment?.cut();
      return;
    }
    if (this.attachment) void this.attachment.attach();
    else if ("terminalId" in this.origin) {
      // One in a tab that was not shown yet has no size to be drawn in.
      if (this.own) this.attach(this.origin.terminalId);
    } else void this.create(this.origin);
  }

  private async create({ cwd, threadId }: { cwd: string | null; threadId: string | null }): Promise<void> {
    const size = this.own ?? USUAL;
    try {
      const { terminal } = await this.door.request("outrigger/terminal/create", { cwd, threadId, ...size });
      const { terminalId } = terminal;
      this.own ??= size;
      this.actual = { cols: terminal.cols, rows: terminal.rows };
      // A tab that was closed meanwhile: nobody would ever see what runs there.
      if (this.gone) this.events.over(terminalId);
      else {
        this.attach(terminalId);
        this.events.opened(terminalId);
      }
    } catch (error) {
      this.stage = "ended";
      this.line((error as Error).message);
    }
  }

  private attach(terminalId: string): void {
    if (this.gone) return;
    this.attachment = new Attachment(this.door, terminalId, this);
    if (this.own) this.attachment.resize(this.own);
    void this.attachment.attach();
  }

  private leave(): void {
    const { terminalId } = this;
    if (terminalId !== null) this.events.over(terminalId);
    this.closes.fire();
  }

  private line(text: string): void {
    this.writes.fire(`\x1b[0m\r\n\x1b[2m${text}\x1b[22m\r\n`);
  }

  private resize(): void {
    if (!this.own || !this.actual || same(this.own, this.actual)) return;
    this.asked = this.own;
    this.attachment?.resize(this.own);
  }

  /** Where the person types, the terminal has the size of that window. */
  private takeSize(): void {
    if (!this.own || !this.actual || same(this.own, this.actual) || this.asked) return;
    this.override(null);
    this.resize();
  }

  private sized(actual: Size): void {
    this.actual = actual;
    if (this.asked && !same(this.asked, actual)) return;
    this.asked = null;
    this.override(this.own && !same(smaller(actual, this.own), this.own) ? actual : null);
  }

  private override(size: Size | null): void {
    if (size === null && this.overridden === null) return;
    this.overridden = size;
    this.sizes.fire(size ? { columns: size.cols, rows: size.rows } : undefined);
  }
}

function same(one: Size, other: Size): boolean {
  return one.cols === other.cols && one.rows === other.rows;
}

function smaller(one: Size, other: Size): Size {
  return { cols: Math.min(one.cols, other.cols), rows: Math.min(one.rows, other.rows) };
}
