import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { SiteError } from "../exchange/site-error.ts";
import { type UpstreamOptions, upstream } from "./upstream.ts";

async function apiThat(listener: RequestListener, options: Partial<UpstreamOptions> = {}) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return upstream({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`, ...options });
}

const answering =
  (status: number, body = "", headers: Record<string, string> = {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };

test("path, query, headers and body travel as they are meant to", async () => {
  const api = await apiThat(
    (request, response) => {
      response.end(JSON.stringify({ url: request.url, a: request.headers["x-a"], key: request.headers.authorization }));
    },
    { resolveHeaders: async () => ({ Authorization: "Bearer t" }), resolveQuery: () => ({ key: "k" }) },
  );
  const reply = await api.call("POST", "/a/{id}/{list}", {
    path: { id: "x/y?#%", list: [1, 2] },
    query: { q: "ä b", none: undefined, empty: null, many: [1, true], deep: { a: 1 }, key: "spoofed" },
    header: { "X-A": 1, "X-None": undefined, Authorization: "Bearer spoofed" },
    body: {},
  });
  expect(reply).toEqual({
    url: "/v1/a/x%2Fy%3F%23%25/1,2?q=%C3%A4+b&many=1&many=true&a=1&key=k",
    a: "1",
    key: "Bearer t",
  });
});

test.each([
  [404, '{"message":"No pet 7."}', { code: "not_found", message: "No pet 7." }],
  [409, '{"error":{"message":"Taken."}}', { code: "upstream_rejected", message: "Taken." }],
  [400, "<html>", { code: "upstream_rejected", message: "The service refused the request (400)." }],
  [429, "", { code: "rate_limited", status: 429 }],
])("%i is told to the agent", async (status, body, expected) => {
  const failure = (await apiThat(answering(status, body, { "retry-after": "3" }))).call("GET", "/a");
  await expect(failure).rejects.toBeInstanceOf(SiteError);
  await expect(failure).rejects.toMatchObject(expected);
});

test.each([
  ["401", answering(401, '{"message":"bad key sk-1"}')],
  ["403", answering(403)],
  ["500", answering(500, '{"message":"stack trace"}')],
  ["a redirect", answering(302, "", { location: "http://169.254.169.254/" })],
  ["a reply that is not JSON", answering(200, "<html>")],
  ["a reply too large", answering(200, JSON.stringify("x".repeat(200)))],
])("%s is the site's business, not the agent's", async (_, listener) => {
  const failure = (await apiThat(listener, { replyBytesMax: 100 })).call("GET", "/a");
  await expect(failure).rejects.toThrow();
  await expect(failure).rejects.not.toBeInstanceOf(SiteError);
});

test("values that would change the path or break a header are refused", async () => {
  const api = await apiThat(answering(200, "{}"));
  for (const id of ["", ".", ".."]) {
    await expect(api.call("GET", "/a/{id}", { path: { id } })).rejects.toMatchObject({ code: "invalid_input" });
  }
  await expect(api.call("GET", "/a", { header: { "X-A": "a\r\nb" } })).rejects.toMatchObject({ code: "invalid_input" });
});

test("a caller that goes away ends the call", async () => {
  const controller = new AbortController();
  const api = await apiThat(() => controller.abort(new Error("gone")));
  await expect(api.call("GET", "/a", { signal: controller.signal })).rejects.toThrow("gone");
});
