// The webview's side of the wire, and what it keeps over a reload.

import type { FromView, ToView } from "../view/messages";

type Kept = { draft: string };

type Api = { postMessage(message: FromView): void; getState(): Kept | undefined; setState(state: Kept): void };

declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();

/** Writing must pause this long before the extension is told of the draft, in milliseconds. */
const TELL_DRAFT_MS = 300;

export function post(message: FromView): void {
  api.postMessage(message);
}

export function keptDraft(): string {
  return api.getState()?.draft ?? "";
}

let telling: ReturnType<typeof setTimeout> | undefined;

/** Keeps a draft here, for when the view is hidden, and with the extension, for when the window is reloaded. */
export function keepDraft(draft: string): void {
  api.setState({ draft });
  clearTimeout(telling);
  telling = setTimeout(() => post({ type: "draft", text: draft }), TELL_DRAFT_MS);
}

export function onMessage(listener: (message: ToView) => void): void {
  window.addEventListener("message", (event: MessageEvent<ToView>) => listener(event.data));
}
