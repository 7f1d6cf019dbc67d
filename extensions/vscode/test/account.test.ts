import { expect, test } from "vitest";
import { Account } from "../src/account/account";
import { accountWords, limitRows, planName, serverWords, statusWords, windowName } from "../src/account/wording";
import { withoutKeys } from "../src/secrets";
import { FakeLink, refused, settled } from "./fakeLink";

const ADA = { type: "chatgpt", email: "ada@example.com", planType: "plus" } as const;
const LIMITS = {
  primary: { usedPercent: 63, windowDurationMins: 300, resetsAt: 1_000 },
  secondary: { usedPercent: 12, windowDurationMins: 10_080, resetsAt: 900_000 },
};
const READY = { state: "ready", version: "0.169.0", attempt: 0, retryAt: null, lastError: null } as const;

/** An account of nobody, with an app-server that is ready. */
async function story() {
  const link = new FakeLink();
  let who: object | null = null;
  link.answer("outrigger/appServer/status", () => READY);
  link.answer("codex/account/read", () => ({ account: who, requiresOpenaiAuth: true }));
  link.answer("codex/account/rateLimits/read", () => ({ rateLimits: LIMITS }));
  link.answer("codex/account/login/cancel", () => ({}));
  link.answer("codex/account/logout", () => ((who = null), {}));
  const account = new Account(link);
  account.connect();
  await settled();
  return { link, account, is: (signedIn: object) => (who = signedIn) };
}

test("nobody is signed in, then somebody is, in another window perhaps, with the plan's limits", async () => {
  const { link, account, is } = await story();
  expect([account.needed, account.state]).toEqual([true, { known: true, required: true, account: null, limits: null }]);
  is(ADA);
  link.note("codex/account/updated", {});
  await settled();
  expect([account.needed, account.state]).toEqual([
    false,
    { known: true, required: true, account: ADA, limits: LIMITS },
  ]);
  // What Codex says since is only what is new: the rest stays as it was.
  const reached = { primary: { usedPercent: 95, windowDurationMins: null }, secondary: null };
  link.note("codex/account/rateLimits/updated", { rateLimits: reached });
  expect(account.state.limits).toEqual({ ...LIMITS, primary: { ...LIMITS.primary, usedPercent: 95 } });
  await account.signOut();
  expect([account.needed, account.state.limits]).toEqual([true, null]);
});

test("a provider of one's own needs nobody to sign in", async () => {
  const { link, account } = await story();
  link.answer("codex/account/read", () => ({ account: null, requiresOpenaiAuth: false }));
  await account.read();
  expect([account.needed, statusWords(account.state, 0)]).toEqual([false, null]);
});

test("a sign-in in the browser ends when the app-server says so, early or late, or when it is given up", async () => {
  const { link, account } = await story();
  let n = 0;
  link.answer("codex/account/login/start", () => ({ type: "chatgpt", loginId: `l${++n}`, authUrl: "https://a" }));
  const first = await account.begin("chatgpt");
  expect(first).toEqual({ loginId: "l1", url: "https://a", code: null });
  link.note("codex/account/login/completed", { loginId: "l1", success: true, error: null });
  expect(await account.wait(first)).toEqual({ success: true, error: null });

  const second = await account.begin("chatgpt");
  const ended = account.wait(second);
  link.note("codex/account/login/completed", { loginId: "l2", success: false, error: "denied" });
  expect(await ended).toEqual({ success: false, error: "denied" });

  const third = await account.begin("chatgpt");
  const givenUp = account.wait(third);
  await account.cancel(third);
  expect([await givenUp, link.asked.at(-1)]).toEqual([
    { success: false, error: null },
    ["codex/account/login/cancel", { loginId: "l3" }],
  ]);

  const fourth = account.wait(await account.begin("chatgpt"));
  link.note("outrigger/appServer/status", { ...READY, state: "restarting" });
  expect(await fourth).toEqual({ success: false, error: null });
});

test("a code is shown with its page, and a key goes to the app-server alone", async () => {
  const { link, account } = await story();
  const device = { type: "chatgptDeviceCode", loginId: "l", verificationUrl: "https://v", userCode: "AB-12" };
  link.answer("codex/account/login/start", () => device);
  expect(await account.begin("chatgptDeviceCode")).toEqual({ loginId: "l", url: "https://v", code: "AB-12" });
  link.answer("codex/account/login/start", () => Promise.reject(refused("no such key")));
  await expect(account.useKey("sk-1")).rejects.toThrow("no such key");
  const keys = link.asked.filter(([, params]) => JSON.stringify(params).includes("sk-1"));
  expect(keys.map(([method]) => method)).toEqual(["codex/account/login/start"]);
});

test("no key stands in the trace of the messages", () => {
  expect([
    withoutKeys('Params: {"type": "apiKey", "apiKey": "sk-\\"1"}'),
    withoutKeys('{"apiKey":"a"},{"apiKey" : "b"}'),
  ]).toEqual(['Params: {"type": "apiKey", "apiKey": "…"}', '{"apiKey":"…"},{"apiKey" : "…"}']);
});

test("what is said of accounts, limits and tool servers", () => {
  const state = { known: true, required: true, account: ADA, limits: LIMITS };
  const near = { ...LIMITS, primary: { usedPercent: 93, windowDurationMins: 300 } };
  const server = { name: "s", authStatus: "oAuth", tools: { a: {} } };
  expect([
    accountWords(ADA, true),
    accountWords({ type: "apiKey" }, true),
    accountWords(null, true),
    accountWords(null, false),
    planName("self_serve_business_prolite"),
    [300, 60, 1_440, 10_080, 20_160, 45, null].map(windowName),
    limitRows(LIMITS, 0, "en-GB").map(({ name, used }) => [name, used]),
    limitRows(LIMITS, 0, "en-GB")[0]?.reset.startsWith("resets "),
    statusWords({ ...state, account: null }, 0)?.text,
    statusWords(state, 0),
    statusWords({ ...state, limits: near }, 0)?.text,
    serverWords(server),
    serverWords({ ...server, authStatus: "notLoggedIn" }),
    serverWords({ ...server, runtimeStatus: "failed", toolsError: "no route" }),
    serverWords({ ...server, runtimeStatus: "disabled" }),
  ]).toEqual([
    "ada@example.com, ChatGPT Plus",
    "Signed in with an API key",
    "Not signed in",
    "Your own provider: no sign-in is needed",
    "self serve business prolite",
    ["5 hours", "Hourly", "Daily", "Weekly", "2 weeks", "45 minutes", "Limit"],
    [
      ["5 hours", 63],
      ["Weekly", 12],
    ],
    true,
    "$(account) Sign in to Codex",
    null,
    "$(account) 93 % used",
    { text: "1 tool", signIn: false },
    { text: "wants a sign-in", signIn: true },
    { text: "failed: no route", signIn: false },
    { text: "disabled", signIn: false },
  ]);
});
