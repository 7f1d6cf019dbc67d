// Whether a sidecar is one that this extension can talk to. No VS Code in it.

import { t } from "./l10n";

/** The version of the wire contract that this extension speaks. */
const PROTOCOL = 1;

/** What a sidecar says of itself; null when it says nothing, as one does that is no Outrigger. */
export type Said = { protocolVersion?: number; version?: string } | null;

/** Why it is refused; null when it is not. `needed` is the extension's own version: the two are built together. */
export function refusalOfSidecar(said: Said, needed: string, program: string): string | null {
  if (said === null) return t("{0} is no Outrigger: it does not say what it speaks.", program);
  const { protocolVersion, version = "?" } = said;
  if (isOlder(version, needed)) {
    return t("{0} is Outrigger {1}, which is older than this extension ({2}).", program, version, needed);
  }
  if (protocolVersion === PROTOCOL) return null;
  return t(
    "{0} speaks version {1} of the protocol, and this extension {2}.",
    program,
    protocolVersion ?? "?",
    PROTOCOL,
  );
}

/** By numbers; what is no version is older than every one. */
function isOlder(version: string, than: string): boolean {
  const [one, other] = [version, than].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number));
  for (let at = 0; at < 3; at += 1) {
    const [here, there] = [one?.[at] ?? NaN, other?.[at] ?? 0];
    if (Number.isNaN(here) || here < there) return true;
    if (here > there) return false;
  }
  return false;
}
