// The proposed content of each pending file change, fetched once and kept while the approval pends. No VS Code in it.

import type { Approvals } from "../approvals";
import { type Door, Listeners, type Unsubscribe } from "../door";
import { canChoose } from "../hunks/choice";
import type { Approval, ProposedFile } from "../protocol.generated";

export class Proposals {
  private readonly byApproval = new Map<string, ProposedFile[]>();
  private readonly asked = new Set<string>();
  private readonly changed = new Listeners<void>();
  private readonly unsubscribe: Unsubscribe;

  constructor(
    private readonly door: Door,
    private readonly approvals: Approvals,
  ) {
    this.unsubscribe = approvals.onChange(() => this.follow());
  }

  dispose(): void {
    this.unsubscribe();
  }

  onChange(listener: () => void): Unsubscribe {
    return this.changed.add(listener);
  }

  /** The files of an approval; what the approval itself says until their content has come. */
  files(approval: Approval): ProposedFile[] {
    return this.byApproval.get(approval.approvalId) ?? (approval.changes ?? []).map(withoutContent);
  }

  /** Whether some of a change's hunks can be accepted without the others. */
  choosable(approval: Approval): boolean {
    return this.door.offers("outrigger/approval/hunksRefused") && canChoose(approval, this.files(approval));
  }

  /** The files with their content, fetched if need be. */
  async content(approval: Approval): Promise<ProposedFile[]> {
    const known = this.byApproval.get(approval.approvalId);
    if (known) return known;
    const { files } = await this.door.request("outrigger/approval/proposed", { approvalId: approval.approvalId });
    this.byApproval.set(approval.approvalId, files);
    this.changed.fire();
    return files;
  }

  private follow(): void {
    const pending = this.approvals.pending.filter((approval) => approval.kind === "fileChange");
    const ids = new Set(pending.map((approval) => approval.approvalId));
    for (const id of [...this.byApproval.keys(), ...this.asked]) {
      if (ids.has(id)) continue;
      this.byApproval.delete(id);
      this.asked.delete(id);
    }
    for (const approval of pending) {
      if (this.asked.has(approval.approvalId)) continue;
      this.asked.add(approval.approvalId);
      // Without its content a change still shows, by the diff that the approval carries.
      this.content(approval).catch(() => undefined);
    }
  }
}

function withoutContent(change: NonNullable<Approval["changes"]>[number]): ProposedFile {
  return {
    uri: change.uri,
    kind: change.kind,
    ...(change.movedTo === undefined ? {} : { movedTo: change.movedTo }),
    oldText: null,
    newText: null,
    hunks: change.hunks.map((range) => ({ hunkId: "", lines: [], origin: null, ...range })),
    conflict: null,
  };
}
