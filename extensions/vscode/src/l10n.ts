// Words in the person's language, from modules that know nothing of VS Code. English is the key of each text, and what is
// shown where there is no other.

let bundle: Readonly<Record<string, string>> = {};
let spoken: string | undefined;

/** Takes the texts of the window's language, and its tag, once: at activation, and in the view before its first page. */
export function useBundle(known: Readonly<Record<string, string>> | undefined, tag?: string): void {
  [bundle, spoken] = [known ?? {}, tag];
}

/** The tag of the window's language, for dates and numbers; undefined for the system's own. */
export function language(): string | undefined {
  return spoken;
}

/** The texts as they were taken, for the view. */
export function texts(): Readonly<Record<string, string>> {
  return bundle;
}

/** A text in the person's language; `{0}`, `{1}`, … stand for what follows it. */
export function t(text: string, ...values: (string | number)[]): string {
  const known = bundle[text] ?? text;
  return known.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
