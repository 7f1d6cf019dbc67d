// The webview's side of the wire, and what it keeps while it is hidden.

import { Draft, type KeptDraft } from "../view/draft";
import type { FromView, ToView } from "../view/messages";

type Kept = { draft: KeptDraft };

type Api = { postMessage(message: FromView): void; getState(): Kept | undefined; setState(state: Kept): void };

declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();

export function post(message: FromView): void {
  api.postMessage(message);
}

/** What is being written: one for the webview, as there is one composer. */
export const draft = new Draft({
  kept: api.getState()?.draft,
  keep: (kept) => api.setState({ draft: kept }),
  tell: (threadId, text) => post({ type: "draft", threadId, text }),
});

export function onMessage(listener: (message: ToView) => void): void {
  window.addEventListener("message", (event: MessageEvent<ToView>) => {
    if (event.data.type === "beat") post({ type: "beat" });
    else listener(event.data);
  });
}
