// The form's side of the wire, and what it keeps while its tab is hidden.

import type { FormValues, FromForm, ToForm } from "../automations/formMessages";

type Api = {
  postMessage(message: FromForm): void;
  getState(): FormValues | undefined;
  setState(values: FormValues): void;
};

declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();

export function post(message: FromForm): void {
  api.postMessage(message);
}

/** What was written and not saved. */
export const written = {
  get: (): FormValues | undefined => api.getState(),
  set: (values: FormValues): void => api.setState(values),
};

export function onMessage(listener: (message: ToForm) => void): void {
  window.addEventListener("message", (event: MessageEvent<ToForm>) => listener(event.data));
}
