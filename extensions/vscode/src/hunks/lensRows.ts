// The code lenses of hunks: above each hunk of Codex that nobody has reviewed; above others only if a person wants it.

import { t } from "../l10n";
import type { Lens } from "../placement";
import { firstLine, type Placed } from "./placement";

export type Shown = "agent" | "all" | "off";

/** The lenses of a document; `dirty`: it has unsaved edits. `canKeep`: the sidecar knows of reviews. */
export function lensRows(uri: string, placed: Placed[], shown: Shown, dirty: boolean, canKeep: boolean): Lens[] {
  if (shown === "off") return [];
  return placed.flatMap((found) => {
    const { hunk, state } = found;
    if (shown === "agent" && state !== "agent") return [];
    const line = firstLine(found);
    const lens = (title: string, act: string, tooltip: string): Lens => ({
      line,
      title,
      command: `outrigger.hunk.${act}`,
      args: [uri, hunk.hunkId],
      tooltip,
    });
    const show = lens(`$(diff) ${t("Show")}`, "show", t("Shows what was there before, in a diff"));
    if (state === "staged")
      return [lens(`$(remove) ${t("Unstage")}`, "unstage", t("Takes this change out of the index")), show];
    const keep = lens(`$(check) ${t("Keep")}`, "keep", t("Reviewed: the change stays, and leaves the review list"));
    const undo = lens(
      `$(discard) ${t("Undo")}`,
      "revert",
      dirty
        ? t("Puts back what was there before, in the editor: unsaved edits stay, and stay unsaved")
        : t("Puts back what was there before; Undo Last takes that back"),
    );
    const stage = lens(`$(add) ${t("Stage")}`, "stage", t("Adds this change to the index, as git add -p does"));
    return [...(state === "agent" && canKeep ? [keep] : []), undo, stage, show];
  });
}
