// Where escape sequences of a terminal's stream begin and end, over any number of parts. No VS Code in it.

type State = "text" | "escape" | "control" | "string";

const [ESC, BEL, CAN, SUB] = ["\x1b", "\x07", "\x18", "\x1a"];
/** What leaves plain text: ESC, and the C1 codes that begin a sequence. */
const BEGINS = /[\x1b\x90\x98\x9b\x9d-\x9f]/g; // eslint-disable-line no-control-regex

/** Text without the end of a line or a sequence, in UTF-16 code units, that is broken anywhere. */
const LONG = 2_000;

/** What a part of the stream is like. Positions are in UTF-16 code units from its beginning. */
export type Scanned = {
  /** The last place where something else can be put in without breaking what is there; -1 for none. */
  safe: number;
  /** Where a program asks the terminal whether it is well. */
  questions: number[];
};

/** Follows one stream. */
export class Sequences {
  private state: State = "text";
  private parameters = "";

  scan(data: string): Scanned {
    const questions: number[] = [];
    let safe = -1;
    // After a line or a whole sequence rather than after a letter: a mark or a repetition may follow that.
    const line = (from: number, to: number): void => {
      const end = data.lastIndexOf("\n", to - 1);
      if (end >= from) safe = end + 1;
    };
    let at = 0;
    while (at < data.length) {
      if (this.state === "text") {
        BEGINS.lastIndex = at;
        const found = BEGINS.exec(data);
        const end = found ? found.index : data.length;
        line(at, end);
        at = end;
        if (!found) break;
        this.begin(found[0]);
        at += 1;
        continue;
      }
      const char = data.charAt(at);
      at += 1;
      if (this.step(char)) {
        if (char === "n" && this.parameters === "5") questions.push(at);
        this.parameters = "";
        safe = at;
      }
    }
    // A line may be long, and the last place far back.
    if (this.state === "text" && (safe < 0 || data.length - safe > LONG)) safe = data.length || -1;
    return { safe, questions };
  }

  private begin(char: string): void {
    this.parameters = "";
    this.state = char === ESC ? "escape" : char === "\x9b" ? "control" : "string";
  }

  /** Takes one character within a sequence; whether that ends there. */
  private step(char: string): boolean {
    if (char === ESC) {
      this.begin(ESC);
      return false;
    }
    if (char === CAN || char === SUB) return this.end();
    if (this.state === "string") return char === BEL || char === "\x9c" ? this.end() : false;
    if (char < " ") return false; // Carried out at once; the sequence goes on.
    if (this.state === "control") {
      if (char >= "@" && char <= "~") return this.end(false);
      if (this.parameters.length < 8) this.parameters += char;
      return false;
    }
    if (char === "[") this.state = "control";
    else if ("]PX^_".includes(char)) this.state = "string";
    else if (char >= "0") return this.end();
    return false;
  }

  private end(forget = true): boolean {
    this.state = "text";
    if (forget) this.parameters = "";
    return true;
  }
}
