// Pictures from the disk for the view. Only what is a picture by its name, and not large, is read.

import * as vscode from "vscode";

const TYPES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
};
/** A larger file, in bytes, is not shown. */
const MOST_BYTES = 4 * 1024 * 1024;

/** A picture as a `data:` URL; null where there is none that can be shown. */
export async function readPicture(path: string): Promise<string | null> {
  const type = TYPES[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ""];
  if (type === undefined) return null;
  const uri = vscode.Uri.file(path);
  try {
    if ((await vscode.workspace.fs.stat(uri)).size > MOST_BYTES) return null;
    return `data:${type};base64,${Buffer.from(await vscode.workspace.fs.readFile(uri)).toString("base64")}`;
  } catch {
    return null;
  }
}
