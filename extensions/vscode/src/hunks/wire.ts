// What the sidecar says of turns and reviews.

import type { ApprovalRequested, FileStatus, Hunk, HunkTarget } from "../protocol.generated";

export type TurnFile = { uri: string; status: FileStatus; hunks: Hunk[] };
export type ReviewFile = { uri: string; hunks: Hunk[] };

export interface ReviewRequests {
  "outrigger/approval/decide": {
    params: { approvalId: string; decision: unknown; refusedHunks?: { uri: string; hunkId: string }[] };
    result: ApprovalRequested;
  };
  "outrigger/hunk/keep": {
    params: { uri: string; hunkId?: string; targets?: HunkTarget[] };
    result: { journalId: string };
  };
  "outrigger/review/list": { params: { contextLines?: number }; result: { files: ReviewFile[] } };
  "outrigger/turn/diff": { params: { threadId: string; turnId?: string }; result: { files: TurnFile[] } };
  "outrigger/turn/undo": {
    params: { threadId: string; turnId: string };
    result: { journalId: string | null; uris: string[]; leftOut: string[] };
  };
}

export interface ReviewNotes {
  "outrigger/review/changed": Record<string, never>;
}
