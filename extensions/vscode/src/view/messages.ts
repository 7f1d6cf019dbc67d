// What the extension host and the webview say to one another.

import type { Approval, ThreadChange, ThreadState } from "../protocol.generated";
import type { Place } from "../trust";
import type { Page } from "./conversation";
import type { Waiting } from "./queue";

export type ViewPage = Page & {
  place: Place;
  approvals: Approval[];
  /** Approvals whose decision is on its way. */
  deciding: string[];
  /** Approvals that touch a document with unsaved edits. */
  unsaved: string[];
  /** Approvals of which some hunks can be accepted without the others. */
  choosable: string[];
  /** Messages that wait for the running turn to end. */
  queue: Waiting[];
  /** By item: who decided about it, where that was not done in this window. */
  decisions: Record<string, string>;
  /** What a turn did to files can be shown and undone. */
  turns: boolean;
};

export type ToView =
  | { type: "page"; page: ViewPage }
  | { type: "thread"; thread: ThreadState | null }
  | { type: "changes"; changes: ThreadChange[] }
  | { type: "unsent"; text: string }
  /** What is written for a thread and not sent: here before a reload, or in another window. */
  | { type: "draft"; threadId: string | null; text: string }
  /** Asks whether the webview still answers. */
  | { type: "beat" }
  /** Brings an approval into sight and gives its card the focus. */
  | { type: "reveal"; approvalId: string };

export type FromView =
  | { type: "ready" | "beat" }
  | { type: "draft"; threadId: string | null; text: string }
  | { type: "send" | "queue"; text: string }
  | { type: "editQueued" | "removeQueued"; id: string }
  | { type: "decide"; approvalId: string; decision: unknown }
  | { type: "showDiff" | "saveAndAccept" | "chooseHunks"; approvalId: string }
  | { type: "endProcess"; processId: string }
  | { type: "wholeItem"; turnId: string; itemId: string }
  | { type: "reviewTurn" | "undoTurn"; turnId: string }
  | { type: "openFile"; path: string; line: number | null }
  | {
      type:
        | "stop"
        | "continue"
        | "newThread"
        | "pickThread"
        | "restart"
        | "restartDaemon"
        | "restartCodex"
        | "install"
        | "showLog"
        | "retry"
        | "fork"
        | "loadOlder"
        | "dismiss"
        | "manageTrust"
        | "openFolder";
    };
