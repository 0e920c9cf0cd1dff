import { createHash, createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { temporaryDirectory } from "@agentgate/testing";
import { afterEach, expect, test } from "vitest";
import { openDialer } from "../outbound/testing/open-dialer.ts";
import { systemClock } from "../runtime/index.ts";
import { type S3Settings, s3Place } from "./s3-place.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const settings: S3Settings = {
  awsAccessKeyId: "AKIDEXAMPLE",
  awsSecretAccessKey: SECRET,
  awsSessionToken: "token",
  awsRegion: "eu-central-1",
  awsDefaultRegion: undefined,
  s3Endpoint: undefined,
  awsEndpoint: undefined,
};
const over = new AbortController().signal;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const hex = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** The signature as Amazon's documentation has it ("Authenticating Requests: Using the Authorization Header"), written down anew. */
function signatureOf(request: IncomingMessage, secret: string): string {
  const { headers, method, url } = request;
  const [, scope, names] = /Credential=[^/]+\/(\S+), SignedHeaders=([^,]+),/.exec(headers.authorization!)!;
  const path = url!
    .split("/")
    .map((part) => encodeURIComponent(decodeURIComponent(part)))
    .join("/");
  const signed = names!
    .split(";")
    .map((name) => `${name}:${headers[name]}\n`)
    .join("");
  const canonical = [method, path, "", signed, names, headers["x-amz-content-sha256"]].join("\n");
  const [date, region, service, end] = scope!.split("/") as [string, string, string, string];
  const key = [region, service, end].reduce<Buffer>((key, part) => hmac(key, part), hmac(`AWS4${secret}`, date));
  return hmac(key, ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hex(canonical)].join("\n")).toString("hex");
}

async function startStorage(answers: (number | "hangs")[] = []) {
  const objects = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const answer = answers.shift() ?? 200;
    if (answer === "hangs") return;
    const isSigned = request.headers.authorization?.endsWith(`Signature=${signatureOf(request, SECRET)}`);
    const isWhole = request.headers["x-amz-content-sha256"] === hex(body);
    const status = answer !== 200 ? answer : isSigned && isWhole && request.headers["x-amz-security-token"] ? 200 : 403;
    if (status === 200) objects.set(`${request.method} ${request.url}`, body);
    response
      .writeHead(status)
      .end(status === 200 ? "" : `<Error><Code>SlowDown</Code><Message>AKIDEXAMPLE asked too often</Message></Error>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { objects, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function place(url: string, more: Partial<S3Settings> = {}, timeoutMs?: number) {
  const dialer = openDialer();
  cleanups.push(() => dialer.close(0));
  const all = { ...settings, s3Endpoint: url, ...more };
  return s3Place({ bucket: "calls", prefix: "agent/gate", settings: all, dialer, clock: systemClock, timeoutMs });
}

function file(content: string): string {
  const directory = temporaryDirectory("s3");
  cleanups.push(() => directory.remove());
  const path = join(directory.path, "a.parquet");
  writeFileSync(path, content);
  return path;
}

const KEY = "day=2026-11-30/20261130T101500-3f2a9c1d-000001.parquet";

test("a file is put as a whole, signed, with the bucket in the path of an endpoint of one's own", async () => {
  const { objects, url } = await startStorage();
  await place(url).put(file("PAR1"), KEY, over);
  expect([...objects]).toEqual([[`PUT /calls/agent/gate/${KEY}`, Buffer.from("PAR1")]]);
  await expect(place(url, { awsSecretAccessKey: "another" }).put(file("x"), KEY, over)).rejects.toThrow("403");
});

test("what it answers is told by its code alone, and what does not answer is not waited for", async () => {
  const { url } = await startStorage([503, "hangs", "hangs"]);
  const at = place(url);
  await expect(at.put(file("x"), KEY, over)).rejects.toThrow(/^the object storage answered 503 \(SlowDown\)$/);
  await expect(place(url, {}, 200).put(file("x"), KEY, over)).rejects.toThrow("did not answer within 1 s");
  const shift = new AbortController();
  const put = at.put(file("x"), KEY, shift.signal);
  setTimeout(() => shift.abort(), 50);
  await expect(put).rejects.toThrow("cut off");
});

test("without credentials there is no start", () => {
  expect(() => place("http://127.0.0.1:1", { awsSecretAccessKey: undefined })).toThrow(
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  );
});
