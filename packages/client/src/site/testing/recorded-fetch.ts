import type { Fetch } from "../transport.ts";

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** What a fake site answers: JSON for status 200, a `Response`, or an error to throw. */
export type Answer = Response | Error | object;

/** A `fetch` that never leaves the process: answers as told and keeps every request. */
export function recordedFetch(answer: (request: RecordedRequest, count: number) => Answer | Promise<Answer>) {
  const requests: RecordedRequest[] = [];
  const fetch: Fetch = async (url, init) => {
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    const request = { method: init.method ?? "GET", url, headers, body };
    requests.push(request);
    init.signal?.throwIfAborted();
    const reply = await answer(request, requests.length);
    if (reply instanceof Error) throw reply;
    return reply instanceof Response ? reply : Response.json(reply);
  };
  return { fetch, requests };
}

/** The smallest manifest that is one. */
export const manifest = (more: object = {}) => ({
  agent_api_version: "1.0",
  name: "MyShop",
  description: "A shop",
  base_url: "https://shop.test",
  auth: { type: "none", header: null },
  intents: [],
  flows: [],
  ...more,
});

export const searchIntent = {
  name: "search",
  description: "Search",
  endpoint: "/agent/intents/search",
  method: "POST",
};

/** Waits for nothing. */
export const instantly = { sleep: async () => {}, random: () => 0.5 };
