import { expect, test } from "vitest";
import type { ToView, ViewPage } from "../src/view/messages";
import { Outlet } from "../src/view/outlet";
import { snapshot } from "./fakeLink";

/** An outlet whose page is a number that goes up with each read, and what came out of it. */
function outlet() {
  const posted: string[] = [];
  const flushes: (() => void)[] = [];
  let pages = 0;
  const gate = new Outlet({
    page: () => ({ threadId: `page ${(pages += 1)}` }) as ViewPage,
    thread: () => snapshot().thread,
    post: (message: ToView) => {
      const what = { page: "page", unsent: "text", changes: "changes" }[message.type as string];
      posted.push(what === "text" ? (message as { text: string }).text : message.type);
    },
    later: (flush) => flushes.push(flush),
  });
  const flush = () => {
    for (const each of flushes.splice(0)) each();
    return posted.splice(0);
  };
  return { gate, flush };
}

const change = { op: "status" as const, value: 1 };

test("what happens before the webview is ready comes after the page, in order, once", () => {
  const { gate, flush } = outlet();
  gate.page();
  gate.changed([change]);
  gate.tell({ type: "unsent", text: "first", pictures: [] });
  gate.tell({ type: "unsent", text: "second", pictures: [] });
  expect(flush()).toEqual([]);
  gate.opened();
  expect(flush()).toEqual(["thread", "page", "first", "second"]);
  expect(flush()).toEqual([]);
});

test("what is kept for a webview that never comes is bounded, and only the last draft and place count", () => {
  const { gate, flush } = outlet();
  for (let at = 0; at < 250; at += 1) {
    gate.tell({ type: "draft", threadId: null, text: `${at}` });
    gate.tell({ type: "unsent", text: `u${at}`, pictures: [] });
  }
  gate.opened();
  const came = flush();
  expect([came.length, came.at(-1), came.filter((type) => type === "draft").length]).toEqual([102, "u249", 1]);
});

test("changes go one by one while it is there; a new webview gets the whole thread instead", () => {
  const { gate, flush } = outlet();
  gate.opened();
  flush();
  gate.changed([change]);
  gate.changed([change]);
  expect(flush()).toEqual(["changes"]);
  gate.changed([change]);
  gate.closed();
  expect(flush()).toEqual([]);
  gate.changed([change]);
  gate.opened();
  expect(flush()).toEqual(["thread", "page"]);
});
