// Makes the terminals and joins them with what they need.

import * as vscode from "vscode";
import type { Door } from "../door";
import type { Conversation } from "../view/conversation";
import type { Open } from "./memory";
import { Terminals } from "./terminals";

const OPEN = "outrigger.terminals";

export function makeTerminals(
  context: vscode.ExtensionContext,
  door: Door,
  conversation: Conversation,
  folder: () => string | null,
): Terminals {
  const memory = {
    get: () => context.workspaceState.get<Open>(OPEN, { terminals: [], active: null }),
    set: (open: Open) => void context.workspaceState.update(OPEN, open),
  };
  const uri = () => {
    const path = folder();
    return path === null ? null : vscode.Uri.file(path).toString();
  };
  return new Terminals(door, memory, uri, () => conversation.page.threadId);
}
