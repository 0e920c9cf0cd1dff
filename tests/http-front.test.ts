import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../packages/gateway/src/testing/index.ts";
import { RawConnection } from "./testing/raw-connection.ts";

const TASK = '{"id":"t"}';
const LENGTH = `Content-Length: ${TASK.length}`;

let gate: TestGateway;
let agent: TestAgent;
let id: string;
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { requestBytesMax: 100_000 });
  agent = await startAgent((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end('{"ok":true}');
  });
  id = (await gate.register({ name: "recorder", url: agent.url })).id;
});
beforeEach(() => {
  agent.received.length = 0;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

/** A task request with these header lines; `\r\n` between lines unless given otherwise. */
const task = (headers: string[], body = TASK, newline = "\r\n") =>
  [`POST /agents/${id}/task HTTP/1.1`, "Host: gateway.test", "Content-Type: application/json", ...headers, "", ""].join(
    newline,
  ) + body;

/** Sends bytes, and an honest request after them on the same connection; every status that comes back, in order. */
async function statusesOf(bytes: string): Promise<number[]> {
  const connection = await RawConnection.open(gate.url);
  const statuses: number[] = [];
  try {
    connection.write(bytes);
    statuses.push((await connection.read("POST")).status);
    connection.write("GET /health HTTP/1.1\r\nHost: gateway.test\r\n\r\n");
    statuses.push((await connection.read()).status);
  } catch {
    // The server closed the connection, as it may after any refusal.
  }
  connection.destroy();
  return statuses;
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = `${chunk(TASK)}0\r\n\r\n`;
const smuggled = `POST /agents/${"x".repeat(36)}/task HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`;

/** RFC 9112, sections 2 to 7: what a server must refuse, and after what it may not go on reading. */
const refused: [name: string, bytes: () => string][] = [
  ["Content-Length with Transfer-Encoding", () => task([LENGTH, "Transfer-Encoding: chunked"], chunked)],
  [
    "Transfer-Encoding with Content-Length",
    () => task(["Transfer-Encoding: chunked", "Content-Length: 4"], `0\r\n\r\n${smuggled}`),
  ],
  ["two different Content-Lengths", () => task([LENGTH, "Content-Length: 5"])],
  ["two equal Content-Lengths", () => task([LENGTH, LENGTH])],
  ["a list as Content-Length", () => task([`${LENGTH}, ${TASK.length}`])],
  ...["+10", "-1", "0x0a", "1e1", "10 10", "10,", "", "1_0", "٣", "18446744073709551616"].map(
    (value): [string, () => string] => [`Content-Length: ${value}`, () => task([`Content-Length: ${value}`])],
  ),
  ...[
    "xchunked",
    "chunked, identity",
    "identity",
    "gzip",
    "chunked, chunked",
    "\x0bchunked",
    "chunked\x0b",
    '"chunked"',
    "chunked;q=1",
    "cow, chunked",
  ].map((value): [string, () => string] => [
    `Transfer-Encoding: ${value}`,
    () => task([`Transfer-Encoding: ${value}`], chunked),
  ]),
  ["two Transfer-Encodings", () => task(["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], chunked)],
  [
    "Transfer-Encoding in HTTP/1.0",
    () => task(["Transfer-Encoding: chunked"], chunked).replace("HTTP/1.1", "HTTP/1.0"),
  ],
  ["a folded header", () => task([LENGTH, "X-Folded: a", " b"])],
  ["a folded Transfer-Encoding", () => task(["Transfer-Encoding:", " chunked"], chunked)],
  ["a space before the first header", () => task([LENGTH]).replace("Host:", " Host:")],
  ["a space before the colon", () => task([`Content-Length : ${TASK.length}`])],
  ["a tab before the colon", () => task(["Transfer-Encoding\t: chunked"], chunked)],
  ["no header name", () => task([LENGTH, ": value"])],
  ["a header without a colon", () => task([LENGTH, "no-colon"])],
  ["a NUL in a header", () => task([LENGTH, "X-Nul: a\0b"])],
  ["a NUL in a header name", () => task([LENGTH, "X\0Nul: a"])],
  ["a control character in a header", () => task([LENGTH, "X-Bell: a\x07b"])],
  ["a bare CR in a header", () => task([LENGTH, "X-Cr: a\rb"])],
  ["a header name that is no token", () => task([LENGTH, "X(y): 1"])],
  ["a byte above ASCII in a header name", () => task([LENGTH, "X-\xe9: 1"])],
  ["bare LF between lines", () => task([LENGTH], TASK, "\n")],
  ["bare LF after the head", () => task([LENGTH]).replace("\r\n\r\n", "\n\n")],
  ["a NUL in the path", () => task([LENGTH]).replace("/task", "/ta\0sk")],
  ["a space in the path", () => task([LENGTH]).replace("/task", "/ta sk")],
  ["a tab after the method", () => task([LENGTH]).replace("POST ", "POST\t")],
  ["no version", () => task([LENGTH]).replace(" HTTP/1.1", "")],
  ["another major version", () => task([LENGTH]).replace("HTTP/1.1", "HTTP/2.0")],
  ["a version that is none", () => task([LENGTH]).replace("HTTP/1.1", "HTTP/1.1.1")],
  ["HTTP in lower case", () => task([LENGTH]).replace("HTTP/1.1", "http/1.1")],
  ["HTTP/2's preface", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a method that is no token", () => task([LENGTH]).replace("POST", "PO(ST")],
  ["a method in lower case", () => task([LENGTH]).replace("POST", "post")],
  ["no Host", () => task([LENGTH]).replace("Host: gateway.test\r\n", "")],
  ["two Hosts", () => task([LENGTH, "Host: other.test"])],
  ["a Host that is a list", () => task([LENGTH]).replace("gateway.test", "gateway.test, other.test")],
  ["a Host that is no authority", () => task([LENGTH]).replace("gateway.test", "gateway test/@x")],
  ["a chunk size that is no number", () => task(["Transfer-Encoding: chunked"], `xyz\r\n${TASK}\r\n0\r\n\r\n`)],
  ["a negative chunk size", () => task(["Transfer-Encoding: chunked"], `-a\r\n${TASK}\r\n0\r\n\r\n`)],
  ["a chunk size with 0x", () => task(["Transfer-Encoding: chunked"], `0xa\r\n${TASK}\r\n0\r\n\r\n`)],
  ["a chunk size with a sign", () => task(["Transfer-Encoding: chunked"], `+a\r\n${TASK}\r\n0\r\n\r\n`)],
  [
    "a chunk size that overflows",
    () => task(["Transfer-Encoding: chunked"], `1000000000000000a\r\n${TASK}\r\n0\r\n\r\n`),
  ],
  ["a chunk longer than its size", () => task(["Transfer-Encoding: chunked"], `2\r\n${TASK}\r\n0\r\n\r\n`)],
  ["bare LF after a chunk size", () => task(["Transfer-Encoding: chunked"], `a\n${TASK}\r\n0\r\n\r\n`)],
  ["bare LF after a chunk", () => task(["Transfer-Encoding: chunked"], `a\r\n${TASK}\n0\r\n\r\n`)],
  ["a bare LF in a chunk extension", () => task(["Transfer-Encoding: chunked"], `a;x=\n\r\n${TASK}\r\n0\r\n\r\n`)],
  [
    "a chunk extension without end",
    () => task(["Transfer-Encoding: chunked"], `a;${"x".repeat(40_000)}\r\n${TASK}\r\n0\r\n\r\n`),
  ],
  ["framing in trailers", () => task(["Transfer-Encoding: chunked"], `${chunk(TASK)}0\r\nContent-Length: 5\r\n\r\n`)],
  ["an endless line", () => `POST /${"a".repeat(40_000)}`],
  ["a header that is too long", () => task([LENGTH, `X-Long: ${"a".repeat(40_000)}`])],
  ["too many headers", () => task([LENGTH, ...Array.from({ length: 5_000 }, (_, n) => `X-${n}: 1`)])],
  ["a body that is too large", () => task(["Content-Length: 200000"], " ".repeat(200_000))],
  [
    "chunks that are too much",
    () => task(["Transfer-Encoding: chunked"], `${chunk(" ".repeat(60_000)).repeat(3)}0\r\n\r\n`),
  ],
];

describe("requests that must be refused", () => {
  test.each(refused)("%s", async (_, bytes) => {
    const [first, ...more] = await statusesOf(bytes());
    expect([400, 413, 414, 417, 431, 501, 505]).toContain(first);
    expect(more.filter((status) => status !== 200)).toEqual([]);
    expect(agent.received).toEqual([]);
  });
});

const accepted: [name: string, bytes: () => string][] = [
  ["chunks", () => task(["Transfer-Encoding: chunked"], chunked)],
  ["Transfer-Encoding in capitals", () => task(["TRANSFER-ENCODING: CHUNKED"], chunked)],
  ["a chunk extension", () => task(["Transfer-Encoding: chunked"], `a;x="y;\\"z"\r\n${TASK}\r\n0;z\r\n\r\n`)],
  [
    "trailers",
    () =>
      task(
        ["Transfer-Encoding: chunked", "Trailer: X-AgentGate-Chain"],
        `${chunk(TASK)}0\r\nX-AgentGate-Chain: forged\r\n\r\n`,
      ),
  ],
  ["an empty line before the request", () => `\r\n${task([LENGTH])}`],
  ["spaces around a header value", () => task([`Content-Length: \t ${TASK.length}\t `])],
  ["an empty header value", () => task([LENGTH, "X-Empty:"])],
  ["bytes above ASCII in a header value", () => task([LENGTH, "X-Latin: \xe9"])],
  ["the absolute form", () => task([LENGTH]).replace("POST /", "POST http://gateway.test/")],
  ["the absolute form of another authority", () => task([LENGTH]).replace("POST /", "POST http://other.test:81/")],
  [
    "an upgrade to HTTP/2",
    () => task([LENGTH, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"]),
  ],
  [
    "an upgrade to WebSocket where there is none",
    () =>
      task([
        LENGTH,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ]),
  ],
  // RFC 9110, section 10.1.1: it may be ignored.
  ["an expectation nobody meets", () => task([LENGTH, "Expect: a-miracle"])],
  ["HTTP/1.0", () => task([LENGTH]).replace("HTTP/1.1", "HTTP/1.0")],
  ["HTTP/1.0 without Host", () => task([LENGTH]).replace("HTTP/1.1", "HTTP/1.0").replace("Host: gateway.test\r\n", "")],
];

describe("requests that are fine", () => {
  test.each(accepted)("%s: the agent gets one request", async (_, bytes) => {
    const statuses = await statusesOf(bytes());
    expect(
      statuses.every((status) => status === 200),
      `${statuses}`,
    ).toBe(true);
    expect(agent.received.map(({ path, body }) => [path, body])).toEqual([["/a2a", TASK]]);
    expect(agent.received[0]!.headers["x-agentgate-chain"]).not.toContain("forged");
  });

  test("requests sent at once are answered in order, each once", async () => {
    const connection = await RawConnection.open(gate.url);
    connection.write(`${task([LENGTH]) + task([LENGTH])}GET /health HTTP/1.1\r\nHost: a\r\n\r\n`);
    const answers = [await connection.read("POST"), await connection.read("POST"), await connection.read()];
    expect(answers.map(({ status, body }) => [status, body.slice(0, 14)])).toEqual([
      [200, '{"ok":true}'],
      [200, '{"ok":true}'],
      [200, '{"status":"ok"'],
    ]);
    expect(agent.received).toHaveLength(2);
    connection.destroy();
  });

  test("what follows a request is never part of it, nor it of what follows", async () => {
    const statuses = await statusesOf(`${task([LENGTH])}garbage\r\n\r\n`);
    expect(statuses).toEqual([200, 400]);
    expect(agent.received.map(({ body }) => body)).toEqual([TASK]);
  });

  test("a body on GET is not read as the next request", async () => {
    const statuses = await statusesOf(
      `GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    );
    expect(statuses).toEqual([200, 200]);
  });

  test("Expect: 100-continue gets its 100 before the body is sent", async () => {
    const connection = await RawConnection.open(gate.url);
    connection.write(task([LENGTH, "Expect: 100-continue"], ""));
    await expect.poll(() => connection.rest).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    expect((await connection.exchange(TASK, "POST")).status).toBe(200);
    expect(agent.received).toHaveLength(1);
    connection.destroy();
  });

  test("HEAD and 204 have no body", async () => {
    const connection = await RawConnection.open(gate.url);
    const head = await connection.exchange("HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([head.status, Number(head.headers["content-length"]) > 0]).toEqual([200, true]);
    const { id } = await gate.register({ name: "gone", url: agent.url });
    const gone = await connection.exchange(
      `DELETE /agents/${id} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer test-admin-key\r\n\r\n`,
    );
    expect([gone.status, gone.headers["content-length"], gone.headers["transfer-encoding"]]).toEqual([
      204,
      undefined,
      undefined,
    ]);
    expect(connection.rest).toBe("");
    connection.destroy();
  });

  test("a broken request behind one that is being answered does not disturb the answer", async () => {
    const slow = await startAgent((_, response) => {
      response.write('{"half":');
      setTimeout(() => response.end("1}"), 100);
    });
    const { id } = await gate.register({ name: "slow", url: slow.url });
    const connection = await RawConnection.open(gate.url);
    connection.write(`${task([LENGTH]).replace(/agents\/[^/]+/, `agents/${id}`)}NOT HTTP\r\n\r\n`);
    const outcome = await connection.read("POST").then(
      ({ status }) => status,
      () => "closed",
    );
    expect([200, "closed"]).toContain(outcome);
    await slow.close();
  });
});

describe("what reaches an agent", () => {
  const client = (path: string) => [
    "Authorization: Bearer caller-key",
    "Proxy-Authorization: Basic c2VjcmV0",
    "Cookie: session=1",
    "X-AgentGate-Payer-Key: ",
    "X-AgentGate-Chain: forged",
    "X-AgentGate-Upstream-Status: 200",
    "X-AgentGate-Org: me",
    "X-Gateway-Secret: 1",
    "X-Forwarded-For: 203.0.113.7",
    "X-Forwarded-Host: evil.test",
    "Forwarded: for=203.0.113.7",
    "X-Real-IP: 203.0.113.7",
    "Via: 1.1 evil",
    "Connection: keep-alive, X-Hop, X-Request-Id",
    "Keep-Alive: timeout=99",
    "Proxy-Connection: keep-alive",
    "TE: trailers",
    "X-Hop: 1",
    "Accept-Encoding: gzip, br",
    "User-Agent: caller/1",
    `Idempotency-Key: ${path}`,
    "Origin: https://evil.test",
    "Referer: https://evil.test/secret",
    "X-Api-Key: caller-key",
  ];
  const expectOnlyOurs = () => {
    expect(agent.received).toHaveLength(1);
    const { headers } = agent.received[0]!;
    expect(Object.keys(headers).sort()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "content-length",
      "content-type",
      "host",
      "traceparent",
      "x-agentgate-chain",
      "x-request-id",
    ]);
    expect(headers).toMatchObject({
      "accept-encoding": "identity",
      host: new URL(agent.url).host,
      "content-length": `${TASK.length}`,
      "x-agentgate-chain": expect.stringMatching(new RegExp(`^${id}:[0-9a-f-]{36}$`)),
    });
  };

  test.each(["/task", "/task/stream"])(
    "%s forwards none of the caller's headers but trace and request id",
    async (path) => {
      const connection = await RawConnection.open(gate.url);
      const response = await connection.exchange(task([LENGTH, ...client(path)]).replace("/task", path));
      expect(response.status).toBe(200);
      expectOnlyOurs();
      connection.destroy();
    },
  );

  test("neither does a task over WebSocket", async () => {
    const connection = await RawConnection.open(gate.url);
    const upgrade = [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    const lines = [
      `GET /agents/${id}/task/ws HTTP/1.1`,
      "Host: gateway.test",
      ...upgrade,
      // A page of another origin opens none.
      ...client("/task/ws").filter((line) => !/^(Connection|Origin):/.test(line)),
    ];
    const { status } = await connection.exchange([...lines, "", ""].join("\r\n"));
    expect(status).toBe(101);
    connection.write(Buffer.concat([Buffer.from([0x81, 0x80 | TASK.length, 0, 0, 0, 0]), Buffer.from(TASK)]));
    await expect.poll(() => agent.received.length).toBe(1);
    expectOnlyOurs();
    connection.destroy();
  });
});

test("no spelling of a path gets around its key", async () => {
  const spellings = [
    ...[
      "/orgs",
      "/orgs/",
      "//orgs/",
      "/orgs//",
      "/./orgs/",
      "/x/../orgs/",
      "/%6frgs/",
      "/orgs/%2e",
      "/orgs/..;/orgs/",
      "/ORGS/",
      "/orgs;x=1",
      "/orgs?x",
      "/orgs#x",
      "/orgs/?/",
      "/orgs%2f",
      "/orgs%00",
      "/orgs\\",
      "\\orgs\\",
    ],
    ...[
      "/v1/orgs/",
      "/v1//orgs/",
      "/v1/v1/orgs/",
      "/V1/orgs/",
      "/v1/%6frgs/",
      "/v1/../orgs/",
      "http://a/orgs/",
      "http://a/v1/orgs/",
      "HTTP://a//orgs/",
      "http:/orgs/",
      "*",
      "orgs/",
    ],
  ];
  for (const path of spellings) {
    const connection = await RawConnection.open(gate.url);
    const response = await connection.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect([400, 401, 404], path).toContain(response.status);
    connection.destroy();
  }
});
