// Whether anything may run here. No VS Code in it.

export type Place = "noFolder" | "untrusted" | "open";

/** A process is started only in a trusted window that has a folder open. */
export function placeOf(trusted: boolean, folders: number): Place {
  if (!trusted) return "untrusted";
  return folders === 0 ? "noFolder" : "open";
}

/** Whether Codex's own `config.toml` says that it trusts a folder. */
export function marksTrusted(config: string, folder: string): boolean {
  const tables = config.split(/^\s*(?=\[)/m);
  return tables.some((table) => {
    const [head = "", ...rows] = table.split("\n");
    const name = /^\[projects\.(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\]\s*(?:#.*)?$/.exec(head.trim());
    const path = name?.[2] ?? name?.[1]?.replace(/\\(["\\])/g, "$1");
    return path === folder && rows.some((row) => /^\s*trust_level\s*=\s*["']trusted["']/.test(row));
  });
}
