import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { OutboundError } from "./index.ts";
import { openDialer } from "./testing/open-dialer.ts";

const limits = { timeoutMs: 60_000, maxResponseBytes: 10_000 };
const pem = (name: string) => readFileSync(new URL(`./testing/certificates/${name}`, import.meta.url), "utf8");
const ca = pem("authority.crt");
const resolve = async () => [{ address: "127.0.0.1", family: 4 }];

/** An HTTPS server with a certificate for `agent.test`; it answers with the name it was asked for in the handshake. */
async function startTlsServer() {
  const server = createServer({ key: pem("agent.test.key"), cert: pem("agent.test.crt") }, (request, response) => {
    response.end(String((request.socket as TLSSocket).servername));
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("the handshake names the host although the connection goes to a pinned address", async () => {
  await using server = await startTlsServer();
  await using dialer = openDialer({ resolve, ca });
  const { body } = await dialer.send({ url: `https://agent.test:${server.port}/`, method: "GET", ...limits }).response;
  expect(body.toString()).toBe("agent.test");
});

test.each([
  ["a certificate for another name", "other.test", ca],
  ["a certificate for a name, asked by address", "127.0.0.1", ca],
  ["a certificate by an unknown authority", "agent.test", undefined],
])("%s is no connection", async (_, host, authority) => {
  await using server = await startTlsServer();
  await using dialer = openDialer({ resolve, ...(authority && { ca: authority }) });
  const error = await dialer
    .send({ url: `https://${host}:${server.port}/`, method: "POST", ...limits })
    .response.catch((reason) => reason);
  expect(OutboundError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ kind: "connect", message: "the TLS handshake failed" });
});

test("plain HTTP to a TLS port is a failure like others", async () => {
  await using server = await startTlsServer();
  await using dialer = openDialer({ resolve, ca });
  const plain = dialer.send({ url: `http://agent.test:${server.port}/`, method: "POST", ...limits }).response;
  expect(["reset", "protocol"]).toContain((await plain.catch((reason) => reason)).kind);
});
