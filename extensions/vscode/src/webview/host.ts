// The webview's side of the wire, and what it keeps while it is hidden.

import { Draft, type KeptDraft } from "../view/draft";
import type { FromView, ToView } from "../view/messages";

type Kept = { draft: KeptDraft; pictures?: string[]; hidden?: string[] };

type Api = { postMessage(message: FromView): void; getState(): Kept | undefined; setState(state: Kept): void };

declare function acquireVsCodeApi(): Api;

/** Pictures that are kept for a webview that was hidden, in characters of their URLs. */
const MOST_KEPT = 2_000_000;

const api = acquireVsCodeApi();
let kept = api.getState();

function keep(part: Partial<Kept>): void {
  kept = { draft: { threadId: null, text: "", told: true }, ...kept, ...part };
  api.setState(kept);
}

export function post(message: FromView): void {
  api.postMessage(message);
}

/** What is being written: one for the webview, as there is one composer. */
export const draft = new Draft({
  kept: kept?.draft,
  keep: (state) => keep({ draft: state }),
  tell: (threadId, text) => post({ type: "draft", threadId, text }),
});

/** Pictures that go along with what is being written. */
export const attached = {
  get: (): string[] => kept?.pictures ?? [],
  set: (pictures: string[]): void => {
    if (pictures.reduce((sum, { length }) => sum + length, 0) <= MOST_KEPT) keep({ pictures });
  },
};

/** The kinds of markers that the person does not want to see; undefined as long as they did not say. */
export const hiddenMarkers = {
  get: (): string[] | undefined => kept?.hidden,
  set: (hidden: string[]): void => keep({ hidden }),
};

export function onMessage(listener: (message: ToView) => void): void {
  window.addEventListener("message", (event: MessageEvent<ToView>) => {
    if (event.data.type === "beat") post({ type: "beat" });
    else listener(event.data);
  });
}
