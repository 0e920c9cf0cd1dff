import fc from "fast-check";
import { expect, test } from "vitest";
import { kindOf, openDialer } from "./testing/open-dialer.ts";
import { startRawServer } from "./testing/raw-server.ts";

/** Interim answers that nobody asked for are discarded (RFC 9110, section 15.2); the final one counts. */

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const request = { method: "POST", body: "{}", timeoutMs: 5_000, maxResponseBytes: 1_000_000 } as const;
const final = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** Writes these pieces for each request. */
const serve = (pieces: () => string[]) =>
  startRawServer(async (socket) => {
    socket.setNoDelay(true);
    for (const piece of pieces()) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });

test.each<[string, string[]]>([
  ["by itself", [CONTINUE, final("done")]],
  ["with the answer", [CONTINUE + final("done")]],
  ["several times", [CONTINUE, CONTINUE + CONTINUE, final("done")]],
  ["with headers of its own", ["HTTP/1.1 100 Go on\r\nx-a: b\r\n\r\n", final("done")]],
  ["in pieces", ["HTTP/1.1 100 Con", "tinue\r\n", "\r\n", final("done")]],
  ["before another interim one", [`${CONTINUE}HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n`, final("done")]],
  ["after another interim one", [`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${CONTINUE}`, final("done")]],
  ["a byte at a time", [...CONTINUE, ..."HTTP/1.1 102 Processing\r\n\r\n", ...final("done")]],
])("a 100 that comes %s", async (_, pieces) => {
  await using server = await serve(() => pieces);
  await using dialer = openDialer();
  for (let times = 0; times < 3; times++) {
    const { status, body } = await dialer.send({ url: server.url, ...request }).response;
    expect([status, body.toString()]).toEqual([200, "done"]);
  }
  expect(server.connections).toBeLessThan(3);
});

test("a body that looks like one is a body, however it is cut", async () => {
  let pieces: string[] = [];
  await using server = await serve(() => pieces);
  await using dialer = openDialer();
  const body = `${CONTINUE}${CONTINUE}HTTP/1.1 100 and more`;
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(fc.nat({ max: body.length }), { maxLength: 3 }), async (first, cuts) => {
      const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`;
      const places = [0, ...cuts.sort((a, b) => a - b), body.length];
      pieces = [(first ? CONTINUE : "") + head, ...places.slice(1).map((end, i) => body.slice(places[i], end))];
      const answer = await dialer.send({ url: server.url, ...request }).response;
      expect(answer.body.toString()).toBe(body);
    }),
    { numRuns: 30 },
  );
});

test("who sends nothing else is cut off", async () => {
  await using server = await serve(() => Array.from({ length: 40 }, () => CONTINUE.repeat(1_000)));
  await using dialer = openDialer();
  expect(await kindOf(dialer.send({ url: server.url, ...request }).response)).toBe("protocol");
});

test("one without end is cut off long before its pieces take time", async () => {
  let sent = 0;
  await using server = await startRawServer(async (socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.write("HTTP/1.1 100 Continue\r\nx-long: ");
    for (; !socket.destroyed && sent < 200; sent++) {
      socket.write("x".repeat(1_000));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  await using dialer = openDialer();
  expect(await kindOf(dialer.send({ url: server.url, ...request }).response)).toBe("protocol");
  expect(sent).toBeLessThan(30);
});
