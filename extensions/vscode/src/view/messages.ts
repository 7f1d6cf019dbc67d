// What the extension host and the webview say to one another.

import type { Approval, ThreadChange, ThreadState } from "../protocol.generated";
import type { Place } from "../trust";
import type { Page } from "./conversation";

export type ViewPage = Page & {
  place: Place;
  approvals: Approval[];
  /** Approvals whose decision is on its way. */
  deciding: string[];
  /** Approvals that touch a document with unsaved edits. */
  unsaved: string[];
};

export type ToView =
  | { type: "page"; page: ViewPage }
  | { type: "thread"; thread: ThreadState | null }
  | { type: "changes"; changes: ThreadChange[] }
  | { type: "unsent"; text: string }
  /** What was written and not sent before the window was reloaded. */
  | { type: "draft"; text: string }
  /** Brings an approval into sight and gives its card the focus. */
  | { type: "reveal"; approvalId: string };

export type FromView =
  | { type: "ready" }
  | { type: "send" | "draft"; text: string }
  | { type: "decide"; approvalId: string; decision: unknown }
  | { type: "showDiff" | "saveAndAccept"; approvalId: string }
  | { type: "endProcess"; processId: string }
  | { type: "wholeItem"; turnId: string; itemId: string }
  | { type: "openFile"; path: string; line: number | null }
  | {
      type:
        | "stop"
        | "continue"
        | "newThread"
        | "pickThread"
        | "restart"
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
