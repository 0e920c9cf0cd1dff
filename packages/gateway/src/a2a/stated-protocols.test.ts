import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";
import { callsTo, textMessage } from "./testing/calls.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent, startRawSpeaker } from "./testing/raw-agent.ts";

/** What a registration says of an agent's protocol and address wins over what is found. */

let gate: TestGateway;
let raw: RawAgent;
let plain: TestAgent;
beforeAll(async () => {
  gate = await startTestGateway();
  [raw, plain] = await Promise.all([startRawSpeaker(), startAgent()]);
});
afterAll(async () => {
  await gate.close();
  await Promise.all([raw.close(), plain.close()]);
});

const { get, rpc } = callsTo(() => gate.url);
const agentOf = async (id: string) => (await gate.call("GET", `/agents/${id}`)).body;
const put = (id: string, changes: object) => gate.call("PUT", `/agents/${id}`, changes);
const textOf = async (id: string) =>
  (await gate.call("POST", `/agents/${id}/task`, textTask("hi"))).body.artifacts?.[0].parts[0].text;
const spoken = async (id: string) => (await rpc(id, "SendMessage", textMessage())).result?.message.parts[0].text;
/** The path of its last task: it is looked at for its card beside. */
const lastCalled = ({ received }: RawAgent) => received.findLast(({ path }) => !path.includes("/.well-known/"))?.path;
const auto = { protocol_setting: "auto" };

describe("the protocol that is said", () => {
  test("is auto where none is, and the record tells both what was said and what is spoken", async () => {
    expect(await gate.register({ url: raw.url })).toMatchObject({ ...auto, protocol: "a2a" });
    expect(await gate.register({ name: "p", url: plain.url })).toMatchObject({ ...auto, protocol: "plain" });
    const given = await gate.register({ name: "p", url: plain.url, protocol: null });
    expect(given).toMatchObject(auto);
  });

  test("plain: no card is looked for, and tasks take the plain contract to an agent that has one", async () => {
    const { id } = await gate.register({ name: "said plain", url: raw.url, protocol: "plain" });
    const before = raw.received.length;
    await gate.call("POST", `/agents/${id}/task`, textTask("hi"));
    expect(raw.received.slice(before).map(({ path }) => path)).toEqual(["/a2a"]);
    expect(await agentOf(id)).toMatchObject({ protocol: "plain", protocol_setting: "plain" });
    expect((await gate.call("POST", `/agents/${id}/refresh`)).body).toMatchObject({
      status: 400,
      code: "card_unusable",
    });
    const nameless = await gate.call("POST", "/agents/", { url: raw.url, protocol: "plain" });
    expect([nameless.status, nameless.body.detail[0].loc]).toEqual([422, ["body", "name"]]);
  });

  test("plain beside a card is a contradiction, at once and later", async () => {
    const card = cardOf(raw.url);
    const { status, body } = await gate.call("POST", "/agents/", { card, protocol: "plain" });
    expect([status, body.detail]).toEqual([400, expect.stringContaining("leave the card out")]);
    const { id } = await gate.register({ name: "p", url: plain.url, protocol: "plain" });
    expect((await put(id, { card })).status).toBe(400);
    expect((await put(id, { card, protocol: "a2a" })).body).toMatchObject({ protocol: "a2a", protocol_setting: "a2a" });
  });

  test("a2a: the card is found before the answer, or the registration is refused", async () => {
    const said = { name: "said a2a", protocol: "a2a" };
    expect(await gate.register({ ...said, url: raw.url })).toMatchObject({ protocol: "a2a", protocol_setting: "a2a" });
    for (const url of [plain.url, `http://127.0.0.1:${await freePort()}`]) {
      const { status, body } = await gate.call("POST", "/agents/", { ...said, url });
      expect([status, body.code, body.detail]).toEqual([400, "card_not_found", expect.stringContaining("`card_url`")]);
    }
    expect((await gate.call("GET", "/agents/by-name/said%20a2a")).body).toHaveLength(1);
  });

  test.each(["smtp", 5, ""])("%j is refused in a sentence", async (protocol) => {
    const { status, body } = await gate.call("POST", "/agents/", { name: "n", url: plain.url, protocol });
    expect(status).toBe(422);
    expect(body.detail[0]).toMatchObject({
      loc: ["body", "protocol"],
      msg: "A protocol is auto, plain, a2a, mcp or site",
    });
  });

  test("may be changed: plain forgets the card, a2a needs one, auto looks for it again", async () => {
    const { id } = await gate.register({ url: raw.url });
    expect((await put(id, { protocol: "plain" })).body.protocol).toBe("plain");
    expect((await get(`/agents/${id}/upstream-card.json`)).status).toBe(404);
    expect((await put(id, { description: "else" })).body).toMatchObject({
      protocol: "plain",
      protocol_setting: "plain",
    });
    expect((await put(id, { protocol: "a2a" })).body).toMatchObject({ protocol: "a2a", protocol_setting: "a2a" });
    await put(id, { protocol: "plain" });
    await put(id, { protocol: "auto" });
    expect(await textOf(id)).toBe("raw");
    expect(await agentOf(id)).toMatchObject({ ...auto, protocol: "a2a", description: "else" });
    await put(id, { protocol: "plain", url: plain.url });
    expect((await put(id, { protocol: "a2a" })).body).toMatchObject({ status: 400, code: "card_not_found" });
    expect(await textOf(id)).toBe("Echo: hi");
  });

  test("plain holds although a card is found a moment later", async () => {
    const [asked, decided] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = createServer(async ({ url = "" }, response) => {
      if (!url.startsWith("/.well-known/")) return response.end('{"plain":true}');
      asked.resolve();
      await decided.promise;
      return response.end(JSON.stringify(cardOf(raw.url)));
    });
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const { id } = await gate.register({ name: "slow", url });
    await asked.promise;
    await put(id, { protocol: "plain" });
    decided.resolve();
    expect((await gate.call("POST", `/agents/${id}/task`, textTask("hi"))).body).toEqual({ plain: true });
    expect((await agentOf(id)).protocol).toBe("plain");
    slow.close();
    slow.closeAllConnections();
  });

  test("a2a goes along when the agent moves, also to where there is no card", async () => {
    const { id } = await gate.register({ url: raw.url, protocol: "a2a" });
    const bare = await startRawAgent(
      ({ body }, response) => {
        const parts = '[{"text":"bare"}]';
        response.end(rpcResult(body?.id, `{"message":{"messageId":"r","role":"ROLE_AGENT","parts":${parts}}}`));
      },
      () => ({}),
    );
    await put(id, { url: `${bare.url}/rpc` });
    expect(await textOf(id)).toBe("bare");
    expect(lastCalled(bare)).toBe("/rpc");
    await put(id, { url: raw.url });
    expect(await spoken(id)).toBe("raw");
    await bare.close();
  });
});

describe("the address that is said", () => {
  const nowhere = "http://127.0.0.1:9/";

  test("is where tasks go, although the card names one that nobody can reach", async () => {
    const card = cardOf(nowhere);
    const url = `${raw.url}/here`;
    for (const said of [{ card }, { card, name: "named" }, { card, protocol: "a2a" }]) {
      const { id } = await gate.register({ ...said, url });
      expect(await spoken(id)).toBe("raw");
      expect(await textOf(id)).toBe("raw");
      expect(lastCalled(raw)).toBe("/here");
    }
  });

  test("goes where later requests say, and stays through a new card and a restart", async () => {
    const { id } = await gate.register({ card: cardOf(nowhere), url: `${raw.url}/one` });
    await put(id, { url: `${raw.url}/two` });
    await spoken(id);
    expect(lastCalled(raw)).toBe("/two");
    await put(id, { card: cardOf("http://127.0.0.1:9/other"), description: "new" });
    const other = await gate.another();
    expect((await callsTo(() => other.url).rpc(id, "SendMessage", textMessage())).result.message.parts[0].text).toBe(
      "raw",
    );
    expect(lastCalled(raw)).toBe("/two");
    // Once the card leads there by itself, it says how.
    await put(id, { card: cardOf(`${raw.url}/two/rpc`) });
    await spoken(id);
    expect(lastCalled(raw)).toBe("/two/rpc");
  });

  test("is no other than the card's where the card was found by it", async () => {
    const elsewhere = await startRawAgent(
      (_request, response) => response.end("{}"),
      () => cardOf(`${raw.url}/api`),
    );
    const { id } = await gate.register({ url: elsewhere.url });
    expect(await spoken(id)).toBe("raw");
    expect(lastCalled(raw)).toBe("/api");
    await elsewhere.close();
  });
});

describe("the address that is said, as cards and agents change", () => {
  test("an agent that moves to where its card leads is judged with all that the card names", async () => {
    const away = { url: "http://169.254.169.254/", protocolBinding: "HTTP+JSON", protocolVersion: "1.0" };
    const card = { ...cardOf(raw.url), supportedInterfaces: [...cardOf(raw.url).supportedInterfaces, away] };
    const { id } = await gate.register({ name: "elsewhere", url: plain.url, card });
    const { status, body } = await put(id, { url: raw.url });
    expect([status, body.detail]).toEqual([400, expect.stringMatching(/^Invalid URL/)]);
    expect((await agentOf(id)).url).toBe(plain.url);
  });

  test("a card that leads elsewhere when it is read again does not move the agent", async () => {
    let at = "";
    const cards = createServer((_, response) => response.end(JSON.stringify(cardOf(at))));
    await new Promise<void>((resolve) => cards.listen(0, "127.0.0.1", resolve));
    at = raw.url;
    const { port } = cards.address() as AddressInfo;
    const { id, url } = await gate.register({ name: "said", url: raw.url, card_url: `http://127.0.0.1:${port}/card` });
    at = "http://169.254.169.254/";
    expect((await gate.call("POST", `/agents/${id}/refresh`)).status).toBe(200);
    expect((await agentOf(id)).url).toBe(url);
    expect(await spoken(id)).toBeDefined();
    cards.close();
  });

  test("a card that is found late is not the card of an agent that has moved meanwhile", async () => {
    const asked = Promise.withResolvers<void>();
    const moved = Promise.withResolvers<void>();
    const slow = createServer(async (request, response) => {
      if (!request.url?.includes("agent-card.json")) {
        response.writeHead(404).end();
        return;
      }
      asked.resolve();
      await moved.promise;
      response.end(JSON.stringify(cardOf(raw.url)));
    });
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const { port } = slow.address() as AddressInfo;
    const { id } = await gate.register({ name: "moving", url: `http://127.0.0.1:${port}` });
    await asked.promise;
    await put(id, { url: plain.url });
    moved.resolve();
    await new Promise((resolve) => slow.close(resolve));
    expect(await textOf(id)).toBeDefined();
    expect(await agentOf(id)).toMatchObject({ url: plain.url, protocol: "plain" });
  });
});
