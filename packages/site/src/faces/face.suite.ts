import { describe, expect, it, onTestFinished } from "vitest";
import type { FaceSiteName } from "../testing/face-sites.ts";
import { type GoldenExchange, goldenScenarios, replayScenario } from "../testing/golden.ts";

export interface RunningFace {
  /** Sends a request to the running server; the path is absolute. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export interface Face {
  readonly name: string;
  /** Starts a server with one of `faceSites` and pages of its own: `GET /` and `GET /agent/own` say "the site". */
  start(site: FaceSiteName): Promise<RunningFace>;
  /** Whether the face sees a caller go away. */
  readonly seesDisconnect?: boolean;
  /** A body parser runs before us and answers malformed and large bodies itself. */
  readonly parsesBodies?: boolean;
  /** The framework refuses what a web page's form could send, which includes a POST without a content type. */
  readonly refusesForms?: boolean;
  /** The framework itself answers paths that cannot be decoded, however it likes. */
  readonly refusesMalformedPaths?: boolean;
  /** Whether other paths reach routes of the site. Default true. */
  readonly hasSite?: boolean;
}

const agent = { "X-Agent-Request": "true" };
const json = { ...agent, "Content-Type": "application/json" };
const call = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { ...json, ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/** What a form can send without asking the site first. */
const formTypes = /^(text\/plain|multipart\/form-data|application\/x-www-form-urlencoded)/;

const contentTypeOf = ({ request }: GoldenExchange) => new Headers(request.headers).get("content-type");

const withContentType = (exchange: GoldenExchange): GoldenExchange =>
  exchange.request.method !== "POST" || contentTypeOf(exchange)
    ? exchange
    : {
        ...exchange,
        request: { ...exchange.request, headers: { ...exchange.request.headers, "Content-Type": "application/json" } },
      };

/** What every face must do, whatever the framework around it does. */
export function describeFace(face: Face): void {
  const start = async (site: FaceSiteName) => {
    const running = await face.start(site);
    onTestFinished(() => running.close());
    return running;
  };

  describe(`${face.name} face`, () => {
    it.each(goldenScenarios())("answers as recorded: $scenario", async (scenario) => {
      const { fetch } = await start("golden");
      const exchanges = scenario.exchanges
        .filter(({ request }) => !(face.parsesBodies && request.rawBody !== undefined))
        .filter((exchange) => !(face.refusesForms && formTypes.test(contentTypeOf(exchange) ?? "")))
        .map((exchange) => (face.refusesForms ? withContentType(exchange) : exchange));
      await replayScenario({ ...scenario, exchanges }, fetch, (actual, expected, name) =>
        expect(actual, name).toEqual(expected),
      );
    });

    it.skipIf(face.hasSite === false)("leaves the site's own routes alone", async () => {
      const { fetch } = await start("echo");
      for (const path of ["/", "/agent/own"]) {
        const response = await fetch(path);
        expect([path, response.status, await response.text()]).toEqual([
          path,
          200,
          expect.stringContaining("the site"),
        ]);
      }
      expect((await fetch("/agent/own", { headers: agent })).status).toBe(200);
      expect((await fetch("/nowhere")).status).toBe(404);
    });

    it("shows agents the manifest at the root, and nobody else", async () => {
      const { fetch } = await start("echo");
      const response = await fetch("/", { headers: agent });
      expect(await response.json()).toMatchObject({ agent_api_version: "1.0", name: "Suite" });
      expect(response.headers.get("vary")).toContain("X-Agent-Request");
    });

    it("serves the manifest with an ETag, to HEAD too", async () => {
      const { fetch } = await start("echo");
      const path = "/.well-known/agent-manifest.json";
      const etag = (await fetch(path)).headers.get("etag")!;
      expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
      expect((await fetch(path, { headers: { "If-None-Match": etag } })).status).toBe(304);
      const head = await fetch(path, { method: "HEAD" });
      expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
    });

    it.skipIf(face.parsesBodies)("refuses a body beyond the limit, announced or not", async () => {
      const { fetch } = await start("small");
      const response = await fetch("/agent/intents/echo", call({ text: "x".repeat(2000) }));
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ error: "payload_too_large", current_step: "" });
      const chunks = new ReadableStream({
        start(controller) {
          for (let i = 0; i < 20; i++) controller.enqueue(new TextEncoder().encode("x".repeat(100)));
          controller.close();
        },
      });
      const init = { method: "POST", headers: json, body: chunks, duplex: "half" } as RequestInit;
      expect((await fetch("/agent/intents/echo", init)).status).toBe(413);
      expect((await fetch("/agent/intents/echo", call({ text: "still here" }))).status).toBe(200);
    });

    it("decodes text that is split anywhere", async () => {
      const { fetch } = await start("echo");
      const bytes = new TextEncoder().encode(JSON.stringify({ text: "naïve 🛒 日本" }));
      const chunks = new ReadableStream({
        async start(controller) {
          for (const byte of bytes) {
            controller.enqueue(new Uint8Array([byte]));
            if (byte > 127) await new Promise((resolve) => setTimeout(resolve, 1));
          }
          controller.close();
        },
      });
      const init = { method: "POST", headers: json, body: chunks, duplex: "half" } as RequestInit;
      expect(await (await fetch("/agent/intents/echo", init)).json()).toEqual({ text: "naïve 🛒 日本" });
    });

    it.skipIf(face.parsesBodies)("never answers hostile input with a 5xx", async () => {
      const { fetch } = await start("echo");
      const bodies = [
        "{",
        "null",
        "[]",
        '"x"',
        "1e999",
        '{"__proto__":{"text":1}}',
        '{"text":1e400}',
        "\u0000",
        "[".repeat(5000),
      ];
      for (const body of bodies) {
        const response = await fetch("/agent/intents/echo", call(body));
        expect([body.slice(0, 30), response.status < 500, response.status >= 400]).toEqual([
          body.slice(0, 30),
          true,
          true,
        ]);
        expect(Object.keys((await response.json()) as object)).toEqual(
          expect.arrayContaining(["error", "message", "current_step", "allowed_next_steps"]),
        );
      }
      const malformed = ["/agent/intents/%", "/agent/flows/%ff/start"];
      for (const path of [
        "/agent/intents/%00",
        "/agent/intents/constructor",
        ...(face.refusesMalformedPaths ? [] : malformed),
      ]) {
        const { status } = await fetch(path, call({}));
        expect([path, status >= 400 && status < 500]).toEqual([path, true]);
      }
    });

    it("refuses bodies of too many levels or elements, however they were parsed", async () => {
      const { fetch } = await start("echo");
      const levels = (count: number) => `{"text":"hi","more":${"[".repeat(count)}${"]".repeat(count)}}`;
      expect((await fetch("/agent/intents/echo", call(levels(63)))).status).toBe(200);
      for (const count of [64, 1000, 20_000]) {
        const response = await fetch("/agent/intents/echo", call(levels(count)));
        expect([count, response.status]).toEqual([count, 422]);
        expect(await response.json()).toMatchObject({
          error: "invalid_input",
          message: expect.stringContaining("64 levels"),
        });
      }
      if (face.parsesBodies) return;
      const many = await fetch("/agent/intents/echo", call(`{"text":"hi","more":[${"{},".repeat(60_000)}0]}`));
      expect([many.status, await many.json()]).toMatchObject([413, { error: "payload_too_large" }]);
    });

    it("keeps its routes under the path of the base URL", async () => {
      const { fetch } = await start("shop");
      expect((await fetch("/shop/.well-known/agent-manifest.json")).status).toBe(200);
      expect((await fetch("/shop/agent/intents/echo", call({ text: "hi" }))).status).toBe(200);
      expect((await fetch("/agent/intents/echo", call({ text: "hi" }))).status).toBe(404);
    });

    it("publishes protected resource metadata where RFC 9728 puts it", async () => {
      const { fetch } = await start("oauth");
      const metadata = await fetch("/.well-known/oauth-protected-resource/shop");
      expect(await metadata.json()).toMatchObject({
        resource: "https://suite.test/shop",
        authorization_servers: ["https://login.suite.test"],
      });
      const refused = await fetch("/shop/agent/intents/echo", call({ text: "hi" }, { Authorization: "Bearer nope" }));
      expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
        401,
        'Bearer realm="Suite", resource_metadata="https://suite.test/.well-known/oauth-protected-resource/shop", error="invalid_token"',
      ]);
    });

    it("tells which method to use", async () => {
      const { fetch } = await start("echo");
      for (const method of ["PUT", "PATCH", "DELETE", "GET"]) {
        const response = await fetch("/agent/intents/echo", { method, headers: json });
        expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "POST"]);
        expect(await response.json()).toMatchObject({ error: "method_not_allowed", current_step: "" });
      }
    });

    it("answers preflight requests only when CORS is on", async () => {
      const preflight = (origin: string) => ({
        method: "OPTIONS",
        headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
      });
      const { fetch } = await start("cors");
      const allowed = await fetch("/agent/intents/echo", preflight("https://assistant.test"));
      expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([
        204,
        "https://assistant.test",
      ]);
      expect(allowed.headers.get("access-control-allow-headers")).toContain("X-Session-ID");
      const foreign = await fetch("/agent/intents/echo", preflight("https://evil.test"));
      expect(foreign.headers.get("access-control-allow-origin")).toBeNull();
      const reply = await fetch("/agent/intents/echo", call({ text: "hi" }, { Origin: "https://assistant.test" }));
      expect(reply.headers.get("access-control-allow-origin")).toBe("https://assistant.test");
      const off = await start("echo");
      const closed = await off.fetch("/agent/intents/echo", preflight("https://assistant.test"));
      expect(closed.headers.get("access-control-allow-origin")).toBeNull();
    });

    it("streams progress, chunks and one result", async () => {
      const { fetch } = await start("streaming");
      const response = await fetch("/agent/intents/count", call({ to: 40 }, { Accept: "text/event-stream" }));
      expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
      expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
      const events = (await response.text()).split("\n\n").filter((frame) => frame.startsWith("event"));
      expect(events).toHaveLength(81);
      expect(events[0]).toBe('event: progress\ndata: {"percent":2.5}');
      expect(events[1]).toBe("event: chunk\ndata: 1");
      expect(events.at(-1)).toBe('event: result\ndata: {"sum":820}');
      expect(await (await fetch("/agent/intents/count", call({ to: 3 }))).json()).toEqual({ sum: 6 });
      for (const Accept of [
        "text/event-stream;q=0, application/json",
        "application/json, text/event-stream ; q=0.000",
      ]) {
        expect(await (await fetch("/agent/intents/count", call({ to: 3 }, { Accept }))).json()).toEqual({ sum: 6 });
      }
      const preferred = await fetch("/agent/intents/count", call({ to: 3 }, { Accept: "Text/Event-Stream;q=0.01" }));
      expect(await preferred.text()).toContain("event: result");
    });

    it("sends the first event before the last is made", async () => {
      const { fetch } = await start("streaming");
      const { session_id } = (await (await fetch("/agent/flows/slow/start", call({}))).json()) as {
        session_id: string;
      };
      const headers = { Accept: "text/event-stream", "X-Session-ID": session_id };
      const response = await fetch("/agent/flows/slow/step/work", call({}, headers));
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      while (!text.includes("started")) text += (await reader.read()).value;
      await fetch("/agent/intents/finish", call({}));
      for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
      const result = JSON.parse(text.split("event: result\ndata: ")[1]!);
      expect(result).toMatchObject({ result: "done", session_id, current_step: "work", flow_complete: true });
    });

    it("sends chunks one by one, to callers that accept compression too", async () => {
      const { fetch } = await start("streaming");
      const headers = { Accept: "text/event-stream", "Accept-Encoding": "gzip, br" };
      const response = await fetch("/agent/intents/pages", call({ pages: 3 }, headers));
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (let page = 1; page <= 3; page++) {
        while (!text.includes(`{"page":${page},`) || !text.endsWith("\n\n")) text += (await reader.read()).value;
        expect(text).not.toContain(`{"page":${page + 1},`);
        await fetch("/agent/intents/finish", call({}));
      }
      for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
      expect(text).toContain("event: result\ndata: 3\n\n");
    });

    it.skipIf(face.seesDisconnect === false)("tells the handler when the caller goes away", async () => {
      const { fetch } = await start("streaming");
      const waiters = async () => (await fetch("/agent/intents/waiters", call({}))).json();
      const departures: string[] = [];
      const accepts: Record<string, string>[] = [{}, { Accept: "text/event-stream" }];
      for (const [index, headers] of accepts.entries()) {
        const controller = new AbortController();
        const pending = fetch("/agent/intents/wait", { ...call({}, headers), signal: controller.signal })
          .then((response: Response) => response.text())
          .catch(() => "aborted");
        await expect.poll(waiters).toEqual({ arrivals: index + 1, departures });
        controller.abort();
        departures.push("AbortError");
        await expect.poll(waiters).toEqual({ arrivals: index + 1, departures });
        await pending;
      }
    });

    it("does not abort the signal of a call that completes", async () => {
      const { fetch } = await start("streaming");
      for (let i = 0; i < 5; i++) {
        expect(await (await fetch("/agent/intents/quick", call({}))).json()).toBe(1);
        expect(await (await fetch("/agent/intents/quick_aborted", call({}))).json()).toBe(false);
      }
    });
  });
}
