// Makes the parts of hunks and joins them.

import * as vscode from "vscode";
import type { Door, Owned } from "../door";
import type { Conversation } from "../view/conversation";
import { HunkActs } from "./acts";
import { hunkCommands, type HunkParts } from "./commands";
import { HunkContexts } from "./contexts";
import { HunkDiffs } from "./diffs";
import { HunkDocuments } from "./documents";
import { HunkFiles } from "./hunkFiles";
import { pickJournal } from "./journalPick";
import { HunkLenses } from "./lenses";
import { HunkMarks } from "./marks";
import { Review } from "./review";
import { Targets } from "./targets";
import { ReviewTree } from "./tree";
import { turnCommands } from "./turns";

export function makeHunks(door: Door, conversation: Conversation): Owned[] {
  const files = new HunkFiles(door);
  const review = new Review(door);
  const acts = new HunkActs(door, files, review);
  const documents = new HunkDocuments(files);
  const diffs = new HunkDiffs(door, files);
  const targets = new Targets(files, documents);
  const parts: HunkParts = { door, files, documents, review, acts, diffs, targets };
  const commands = {
    ...hunkCommands(parts),
    ...turnCommands(parts, conversation),
    "outrigger.journal.show": () => pickJournal(parts),
  };
  files.connect();
  review.connect();
  return [
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run)),
    new HunkLenses(door, documents),
    new HunkMarks(documents),
    new ReviewTree(review),
    new HunkContexts(door, documents, review),
    documents,
    diffs,
    review,
    files,
  ];
}
