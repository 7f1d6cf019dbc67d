// Which terminals a window had open, and which of them it opens again. No VS Code in it.

import type { Terminal } from "../protocol.generated";

/** `own`: opened by this window's person, who ends it by closing its tab. */
export type Remembered = { terminalId: string; own: boolean };

/** `active`: the one in front. */
export type Open = { terminals: Remembered[]; active: string | null };

/** Kept over a reload of the window. */
export type Memory = { get: () => Open; set: (open: Open) => void };

/** What was open here, in that order; and what else of the folder runs, for nobody to forget it. */
export function toReopen(
  terminals: Terminal[],
  remembered: Remembered[],
  folder: string | null,
): { reopened: { terminal: Terminal; own: boolean }[]; others: Terminal[] } {
  const byId = new Map(terminals.map((terminal) => [terminal.terminalId, terminal]));
  const reopened = remembered.flatMap(({ terminalId, own }) => {
    const terminal = byId.get(terminalId);
    return terminal ? [{ terminal, own }] : [];
  });
  const known = new Set(reopened.map(({ terminal }) => terminal.terminalId));
  const others = terminals.filter(
    ({ terminalId, cwd, status }) =>
      !known.has(terminalId) && status === "running" && folder !== null && isWithin(cwd, folder),
  );
  return { reopened, others };
}

function isWithin(uri: string, folder: string): boolean {
  const plain = (text: string) => {
    try {
      return decodeURIComponent(text).replace(/\/+$/, "");
    } catch {
      return text;
    }
  };
  const [inner, root] = [plain(uri), plain(folder)];
  return inner === root || inner.startsWith(`${root}/`);
}
