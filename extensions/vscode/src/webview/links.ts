// Links that a model writes.

/** A link to a file of the workspace, as a model writes it: `src/main.rs:12`, `/abs/main.rs#L12`. */
export function fileLink(href: string): { path: string; line: number | null } | null {
  if (/^[a-z][a-z0-9+.-]+:/i.test(href) && !/^[A-Za-z]:[\\/]/.test(href)) return null;
  const [, path = "", line] = /^(.*?)(?::(\d+)(?::\d+)?|#L(\d+).*)?$/.exec(href) ?? [];
  if (!path || path.startsWith("#")) return null;
  const number = line ?? /#L(\d+)/.exec(href)?.[1];
  try {
    return { path: decodeURIComponent(path), line: number === undefined ? null : Number(number) };
  } catch {
    return { path, line: null };
  }
}
