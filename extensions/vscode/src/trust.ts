// Whether anything may run here. No VS Code in it.

export type Place = "noFolder" | "untrusted" | "open";

/** A process is started only in a trusted window that has a folder open. */
export function placeOf(trusted: boolean, folders: number): Place {
  if (!trusted) return "untrusted";
  return folders === 0 ? "noFolder" : "open";
}
