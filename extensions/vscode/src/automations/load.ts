// Loads the automations' part when a sidecar first offers them: it is a file of its own, so that no start waits for it.

import type * as vscode from "vscode";
import type { Door, Owned } from "../door";

export function loadAutomations(
  extension: vscode.Uri,
  door: Door,
  openThread: (threadId: string) => Promise<void>,
): Owned {
  let owned: Owned[] | null = null;
  let over = false;
  const load = async () => {
    const { makeAutomations } = await import("./make");
    if (!over) owned = makeAutomations(extension, door, openThread);
  };
  const follow = () => {
    if (over || owned !== null || !door.offers("outrigger/automation/list")) return;
    owned = [];
    void load();
  };
  const unsubscribe = door.onState(follow);
  follow();
  return {
    dispose: () => {
      over = true;
      unsubscribe();
      for (const one of owned ?? []) one.dispose();
    },
  };
}
