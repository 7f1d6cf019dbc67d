// The webview's side of the wire, and what it keeps over a reload.

import type { FromView, ToView } from "../view/messages";

type Kept = { draft: string };

type Api = { postMessage(message: FromView): void; getState(): Kept | undefined; setState(state: Kept): void };

declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();

export function post(message: FromView): void {
  api.postMessage(message);
}

export function keptDraft(): string {
  return api.getState()?.draft ?? "";
}

export function keepDraft(draft: string): void {
  api.setState({ draft });
}

export function onMessage(listener: (message: ToView) => void): void {
  window.addEventListener("message", (event: MessageEvent<ToView>) => listener(event.data));
}
