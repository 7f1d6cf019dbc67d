// Links that a model writes. Only what is in the lists here becomes one.

export type FileLink = { path: string; line: number | null };

/** An address that may be opened outside; null for every other scheme, `command:` and `javascript:` among them. */
export function webLink(href: string): string | null {
  try {
    const url = new URL(href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link to a file of the workspace, as a model writes it: `src/main.rs:12`, `/abs/main.rs#L12`. */
export function fileLink(href: string): FileLink | null {
  if (/^[a-z][a-z0-9+.-]+:/i.test(href) && !/^[A-Za-z]:[\\/]/.test(href) && !/^[\w.-]+\.\w+:\d/.test(href)) return null;
  const [, path = "", line] = /^(.*?)(?::(\d+)(?::\d+)?|#L(\d+).*)?$/.exec(href) ?? [];
  if (!path || path.startsWith("#")) return null;
  const number = line ?? /#L(\d+)/.exec(href)?.[1];
  try {
    return { path: decodeURIComponent(path), line: number === undefined ? null : Number(number) };
  } catch {
    return { path, line: null };
  }
}

/** Code that is nothing but the name of a file, with a folder or a line: `src/main.rs`, `main.rs:12`. */
export function fileInCode(code: string): FileLink | null {
  const names = /^(?:[A-Za-z]:)?[\w@.~+/\\-]*\.[A-Za-z]\w{0,9}(?::\d+(?::\d+)?)?$/.test(code);
  return names && /[/\\]|:\d/.test(code) && !/^\.+[/\\]*$/.test(code) ? fileLink(code) : null;
}
