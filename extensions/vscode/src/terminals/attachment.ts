// One terminal of the daemon as one tab shows it: attached by a snapshot, then the stream, without gap or double. No VS
// Code in it.

import { type Clock, systemClock } from "../clock";
import { type Door, refusalOf, type Refusal, type Unsubscribe } from "../door";
import type { Terminal, TerminalData, TerminalExited } from "../protocol.generated";
import { Pace } from "./pace";

/** Clears the screen, its scrollback and all modes: what comes next is drawn on nothing. */
const RESET = "\x1bc\x1b[3J";
/** A screen that has not answered for so long is left to itself, so that the program can go on; in milliseconds. */
const ASLEEP_MS = 30_000;
const LOOK_MS = 5_000;
/** Attaching anew after a gap, in a row, before it is given up. */
const TRIES = 3;

export type Size = { cols: number; rows: number };

/** The tab. */
export type Face = {
  write: (text: string) => void;
  /** Its name, its size or what became of it is another. */
  changed: (terminal: Terminal) => void;
  /** It is drawn, as it is now. */
  drawn: (terminal: Terminal) => void;
  exited: (exit: TerminalExited) => void;
  /** It can't be shown, or takes no input. */
  failed: (refusal: Refusal) => void;
  /** It is in no list any more: somebody closed it. */
  closed: () => void;
};

export class Attachment {
  private pace: Pace | null = null;
  /** Where the stream goes on. */
  private next = 0;
  /** Parts that came before the snapshot did. */
  private early: TerminalData[] = [];
  private acked = 0;
  private written = false;
  private attaching = false;
  private asleep = false;
  private answeredAt = 0;
  private gaps = 0;
  private left = false;
  private readonly subscriptions: Unsubscribe[];

  constructor(
    private readonly door: Door,
    readonly terminalId: string,
    private readonly face: Face,
    private readonly clock: Clock = systemClock,
  ) {
    const own = <T extends { terminalId: string }>(act: (note: T) => void) => {
      return (note: T) => {
        if (note.terminalId === terminalId) act(note);
      };
    };
    this.subscriptions = [
      door.onNote(
        "outrigger/terminal/data",
        own((note: TerminalData) => this.data(note)),
      ),
      door.onNote(
        "outrigger/terminal/exited",
        own((note: TerminalExited) => face.exited(note)),
      ),
      door.onNote(
        "outrigger/terminal/detached",
        own(() => this.detached()),
      ),
      door.onNote("outrigger/terminal/changed", ({ terminal, closed }) => {
        if (terminal.terminalId !== terminalId) return;
        if (closed === true) face.closed();
        else face.changed(terminal);
      }),
      clock.every(LOOK_MS, () => this.look()),
    ];
  }

  /** Draws the terminal; one that is drawn already is drawn anew. */
  async attach(): Promise<void> {
    if (this.attaching || this.left) return;
    this.attaching = true;
    this.pace = null;
    this.early = [];
    const { terminalId } = this;
    try {
      const { terminal, snapshot, offset } = await this.door.request("outrigger/terminal/attach", { terminalId });
      this.attaching = false;
      this.start(snapshot, offset);
      this.face.drawn(terminal);
      for (const note of this.early.splice(0)) this.data(note);
    } catch (error) {
      this.attaching = false;
      this.face.failed(refusalOf(error));
    }
  }

  /** What the terminal in the tab says: what of it is for the program. */
  hear(data: string): string {
    if (!this.pace) return data;
    const { rest, shown } = this.pace.hear(data);
    if (shown !== null) this.shown(shown);
    return rest;
  }

  /** Input for the program. */
  type(data: string): void {
    const { terminalId } = this;
    this.door.request("outrigger/terminal/write", { terminalId, data }).catch((error: unknown) => {
      if (!this.left) this.face.failed(refusalOf(error));
    });
  }

  resize(size: Size): void {
    // One that has ended keeps its size, and one that can't be reached hears of it when it is drawn anew.
    this.door.request("outrigger/terminal/resize", { terminalId: this.terminalId, ...size }).catch(() => undefined);
  }

  /** Nothing comes any more until it is attached again. */
  cut(): void {
    this.pace = null;
    this.attaching = false;
  }

  /** The tab is gone, the terminal is not. */
  leave(): void {
    if (this.left) return;
    this.left = true;
    for (const unsubscribe of this.subscriptions) unsubscribe();
    // A session that ends is detached by that.
    this.door.request("outrigger/terminal/detach", { terminalId: this.terminalId }).catch(() => undefined);
  }

  private start(snapshot: string, offset: number): void {
    this.face.write((this.written ? RESET : "") + snapshot);
    this.written = true;
    this.pace = new Pace(offset);
    this.asleep = false;
    this.answeredAt = this.clock.now();
    [this.next, this.acked] = [offset, offset];
  }

  private data(note: TerminalData): void {
    if (this.left) return;
    if (!this.pace) {
      if (this.attaching) this.early.push(note);
      return;
    }
    const end = note.offset + note.data.length;
    if (end <= this.next) return; // The snapshot has it.
    if (note.offset !== this.next) {
      void this.gap();
      return;
    }
    this.gaps = 0;
    this.next = end;
    const waited = this.pace.waits;
    const { text, shown } = this.pace.feed(note.data, note.offset);
    if (!waited) this.answeredAt = this.clock.now();
    this.face.write(text);
    if (shown !== null) this.ack(shown);
  }

  private async gap(): Promise<void> {
    this.gaps += 1;
    if (this.gaps <= TRIES) await this.attach();
    else {
      this.pace = null;
      this.face.failed({ kind: "internal", message: "The terminal's stream has gaps.", hint: null, data: {} });
    }
  }

  private shown(offset: number): void {
    this.answeredAt = this.clock.now();
    this.ack(offset);
    if (!this.asleep || this.pace?.waits === true) return;
    this.asleep = false;
    void this.attach();
  }

  private ack(offset: number): void {
    if (offset <= this.acked || this.asleep) return;
    this.acked = offset;
    this.door.notify("outrigger/terminal/ack", { terminalId: this.terminalId, offset });
  }

  /** Nothing more comes: it is drawn anew as soon as the screen has taken what it was given. */
  private detached(): void {
    if (this.left || this.attaching) return;
    if (this.pace?.waits === true) this.asleep = true;
    else void this.attach();
  }

  /** A window that sleeps must not keep the program waiting. */
  private look(): void {
    if (this.left || this.asleep || this.pace?.waits !== true) return;
    if (this.clock.now() - this.answeredAt < ASLEEP_MS) return;
    this.asleep = true;
    this.door.request("outrigger/terminal/detach", { terminalId: this.terminalId }).catch(() => undefined);
  }
}
