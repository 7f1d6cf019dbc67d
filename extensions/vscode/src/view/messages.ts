// What the extension host and the webview say to one another.

import type { Approval, Snapshot, ThreadChange, ThreadState } from "../protocol.generated";
import type { Place } from "../trust";
import type { ChoicesPage } from "./choices";
import type { Page } from "./conversation";
import type { Limit } from "./limits";
import type { Waiting } from "./queue";
import type { ThreadsPage } from "./threads";

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
  /** The list of threads is shown in place of the thread. */
  listing: boolean;
  threads: ThreadsPage;
  choices: ChoicesPage;
  limits: Limit[];
  /** Codex wants a login before it takes a message. */
  signedOut: boolean;
};

/** What a person sends. Pictures are `data:` URLs. */
export type Message = { text: string; pictures: string[] };

/** Something that may be put into the message, or done in its place. */
export type Suggestion = {
  label: string;
  detail: string;
  icon: string;
  /** Takes the place of what was typed to find it. */
  insert: string;
  /** Instead of inserting something: a command of the composer. */
  command?: string;
};

export type ToView =
  /** The window's language, by its tag and its texts: before all else. */
  | { type: "language"; language: string | undefined; texts: Readonly<Record<string, string>> }
  | { type: "page"; page: ViewPage }
  | { type: "thread"; thread: ThreadState | null }
  | { type: "changes"; changes: ThreadChange[] }
  /** Items before those that the webview has. */
  | { type: "older"; older: Snapshot }
  | ({ type: "unsent" } & Message)
  /** What is written for a thread and not sent: here before a reload, or in another window. */
  | { type: "draft"; threadId: string | null; text: string }
  /** Something for the message that is being written, at the cursor. */
  | { type: "insert"; text: string }
  /** Answers `suggest`. */
  | { type: "suggestions"; query: string; items: Suggestion[] }
  /** Answers `picture`; null where there is none. */
  | { type: "picture"; path: string; url: string | null }
  /** Asks whether the webview still answers. */
  | { type: "beat" }
  /** Brings an approval into sight and gives its card the focus. */
  | { type: "reveal"; approvalId: string }
  /** Gives the composer, or the search of the thread list, the focus. */
  | { type: "focus" };

/** Something that is done to a thread of the list. */
export type ThreadAct =
  "open" | "rename" | "archive" | "unarchive" | "fork" | "delete" | "restore" | "pin" | "unpin" | "unread";

export type FromView =
  | { type: "ready" | "beat" }
  | { type: "draft"; threadId: string | null; text: string }
  | ({ type: "send" | "queue" } & Message)
  | { type: "editQueued" | "removeQueued"; id: string }
  | { type: "reorderQueued"; ids: string[] }
  | { type: "decide"; approvalId: string; decision: unknown }
  | { type: "showDiff" | "saveAndAccept" | "chooseHunks"; approvalId: string }
  | { type: "endProcess"; processId: string }
  | { type: "wholeItem"; turnId: string; itemId: string }
  | { type: "reviewTurn" | "undoTurn"; turnId: string }
  | { type: "openFile"; path: string; line: number | null }
  | { type: "copy"; text: string }
  | { type: "picture"; path: string }
  /** What is typed at the cursor, with its mark: `@src/gr`, `/mo`, `$im`. */
  | { type: "suggest"; query: string }
  | { type: "command"; command: string }
  | { type: "choose"; what: "model" | "approvals" }
  | { type: "threads"; listing: boolean }
  | { type: "searchThreads"; search: string; archived: boolean; everywhere: boolean }
  | { type: "moreThreads" }
  | { type: "threadAct"; act: ThreadAct; threadId: string }
  | {
      type:
        | "stop"
        | "continue"
        | "newThread"
        | "signIn"
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
