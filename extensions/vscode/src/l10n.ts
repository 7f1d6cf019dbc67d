// Words in the person's language, from modules that know nothing of VS Code. English is the key of each text, and what is
// shown where there is no other.

let bundle: Readonly<Record<string, string>> = {};

/** Takes the texts of the window's language, once, at activation. */
export function useBundle(texts: Readonly<Record<string, string>> | undefined): void {
  bundle = texts ?? {};
}

/** A text in the person's language; `{0}`, `{1}`, … stand for what follows it. */
export function t(text: string, ...values: (string | number)[]): string {
  const known = bundle[text] ?? text;
  return known.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
