import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";

/** Serves whatever card a test wants at every path; 404 without one. */
let card: unknown;
let place: Server;
let at: string;
beforeAll(async () => {
  place = createServer((request, response) => {
    if (request.method !== "GET" || card === undefined) return response.writeHead(404).end();
    return response.end(typeof card === "string" ? card : JSON.stringify(card));
  });
  await new Promise<void>((resolve) => place.listen(0, "127.0.0.1", resolve));
  at = `http://127.0.0.1:${(place.address() as AddressInfo).port}`;
});
afterAll(() => place.close());
beforeEach(() => {
  card = undefined;
});

const spoken = (url: string, more = {}) => ({ url, protocolBinding: "JSONRPC", protocolVersion: "1.0", ...more });
const cardWith = (fields: Record<string, unknown> = {}) => ({
  name: "told",
  description: "",
  version: "1",
  capabilities: {},
  skills: [],
  supportedInterfaces: [spoken(`${at}/rpc`)],
  ...fields,
});
const fatSkills = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, n) => ({ id: `s${n}`, name: "n", description: "x".repeat(bytes), tags: [] }));

/** Every way by which a card comes to an agent. */
const ways: Record<string, (gate: TestGateway) => Promise<{ status: number; body: any }>> = {
  "by its address": (gate) => gate.call("POST", "/agents/", { card_url: `${at}/card.json` }),
  "handed over": (gate) => gate.call("POST", "/agents/", { card, card_url: `${at}/card.json` }),
  "found at its URL": (gate) => gate.call("POST", "/agents/", { url: at }),
  "by a change": async (gate) => {
    const { id } = await gate.register({ name: "told", url: `${at}/rpc`, card: cardWith() });
    return gate.call("PUT", `/agents/${id}`, { card });
  },
  "by its address, later": async (gate) => {
    const { id } = await gate.register({ name: "told", url: `${at}/rpc`, card: cardWith() });
    return gate.call("PUT", `/agents/${id}`, { card_url: `${at}/card.json` });
  },
  "by a refresh": async (gate) => {
    const now = card;
    card = cardWith();
    const { id } = await gate.register({ card_url: `${at}/card.json` });
    card = now;
    const { status, body } = await gate.call("POST", `/agents/${id}/refresh`);
    return { status, body: body.agent ?? body };
  },
};

describe.each(testEngines())("cards on %s", (engine) => {
  let gate: TestGateway;
  beforeAll(async () => {
    gate = await startTestGateway(engine);
  });
  afterAll(() => gate.close());
  afterEach(async () => {
    for (const { id } of (await gate.call("GET", "/agents/?limit=1000")).body)
      await gate.call("DELETE", `/agents/${id}`);
  });

  describe.each(Object.entries(ways))("that come %s", (_, register) => {
    test("tell no more than a request could", async () => {
      card = cardWith({
        name: `N\0${"n".repeat(400)}`,
        description: `\ud800${"d".repeat(20_000)}`,
        version: "v".repeat(90),
        skills: [...fatSkills(3, 1_000), ...fatSkills(1, 70_000), ...fatSkills(180, 5_000)],
      });
      const { status, body } = await register(gate);
      expect([200, 201]).toContain(status);
      const { body: agent } = await gate.call("GET", `/agents/${body.id}`);
      expect(agent.name).toBe(`N${"n".repeat(254)}`);
      expect([agent.description.length, agent.version.length]).toEqual([10_000, 50]);
      expect(agent.description.isWellFormed()).toBe(true);
      expect(Buffer.byteLength(JSON.stringify(agent.skills))).toBeLessThanOrEqual(65_536);
      expect(agent.skills.length).toBeGreaterThan(10);
      const refused = await gate.call("POST", "/agents/", { name: "x", url: at, skills: (card as any).skills });
      expect(refused.status).toBe(422);
    });

    test("are refused as a whole when they are huge, deep, in very many parts or addresses", async () => {
      const huge = "x".repeat(1_100_000);
      const deep = `${"[".repeat(70)}${"]".repeat(70)}`;
      const text = (rest: string) => JSON.stringify(cardWith()).replace(/}$/, `,"rest":${rest}}`);
      const addresses = Array.from({ length: 40 }, (_, n) => spoken(`${at}/${n}`));
      for (const given of [
        text(JSON.stringify(huge)),
        text(deep),
        text(`[${"{},".repeat(60_000)}{}]`),
        JSON.stringify(cardWith({ supportedInterfaces: addresses })),
      ]) {
        card = given;
        if (_ === "handed over" || _ === "by a change") card = JSON.parse(given);
        const { status } = await register(gate);
        // One that is looked for is none; one that is too deep is refused as a body before.
        expect([400, 404, 422]).toContain(status);
      }
    });

    test.each([
      ["a second interface at a refused address", (url: string) => [spoken(url), spoken("http://169.254.169.254/")]],
      [
        "one that holds a user",
        (url: string) => [spoken(url), spoken("http://user@127.0.0.1:22/", { protocolVersion: "0.3" })],
      ],
      ["a file", (url: string) => [spoken(url), spoken("file:///etc/passwd")]],
      ["a file behind a blank", (url: string) => [spoken(url), spoken(" file:///etc/passwd")]],
      [
        "one of a version that is not spoken",
        (url: string) => [spoken(url), spoken("ftp://x/", { protocolVersion: "7" })],
      ],
      [
        "a web address of another binding",
        (url: string) => [spoken(url), spoken("http://[::ffff:a9fe:a9fe]/", { protocolBinding: "GRPC" })],
      ],
      ["one without end", (url: string) => [spoken(url), spoken(`${url}/${"x".repeat(2_100)}`)]],
    ])("with %s are refused, and what was there stays", async (_, interfaces) => {
      card = cardWith({ name: "changed", supportedInterfaces: interfaces(`${at}/rpc`) });
      const before = (await gate.call("GET", "/agents/")).body.length;
      const { status, body } = await register(gate);
      expect([status, body.detail]).toEqual([400, expect.stringMatching(/^Invalid URL: /)]);
      const agents = (await gate.call("GET", "/agents/")).body;
      for (const agent of agents) expect(agent).toMatchObject({ name: "told", url: `${at}/rpc` });
      expect(agents.length - before).toBeLessThanOrEqual(1);
    });
  });

  test("an earlier card's further interfaces and main address are judged, too", async () => {
    const earlier = (fields: object) => ({
      name: "told",
      description: "",
      version: "1",
      url: `${at}/rpc`,
      skills: [],
      ...fields,
    });
    const refused = "http://169.254.169.254/";
    for (const fields of [
      { url: refused, additionalInterfaces: [{ url: `${at}/rpc`, transport: "JSONRPC" }] },
      { additionalInterfaces: [{ url: refused, transport: "JSONRPC" }] },
      { additional_interfaces: [{ url: refused, transport: "HTTP+JSON" }] },
      { supportedInterfaces: [spoken(`${at}/rpc`)], additionalInterfaces: [{ url: refused, transport: "JSONRPC" }] },
      { url: refused, supportedInterfaces: [spoken(`${at}/rpc`)] },
    ]) {
      const { status } = await gate.call("POST", "/agents/", { card: earlier(fields) });
      expect([JSON.stringify(fields), status]).toEqual([JSON.stringify(fields), 400]);
    }
    const grpc = { additionalInterfaces: [{ url: "agent.example:50051", transport: "GRPC" }] };
    expect((await gate.call("POST", "/agents/", { card: earlier(grpc) })).status).toBe(201);
  });

  test("a card with a refused address beside an agent that is registered by name is not taken", async () => {
    card = cardWith({ supportedInterfaces: [spoken(`${at}/rpc`), spoken("http://169.254.169.254/")] });
    const { id } = await gate.register({ name: "plain", url: at });
    await gate.call("POST", `/agents/${id}/task`, {});
    expect((await gate.call("GET", `/agents/${id}`)).body.protocol).toBe("plain");
    expect((await gate.call("GET", `/agents/${id}/upstream-card.json`)).status).toBe(404);
  });

  test("a refresh that brings a refused address keeps the card and says so", async () => {
    card = cardWith();
    const { id } = await gate.register({ card_url: `${at}/card.json` });
    card = cardWith({ supportedInterfaces: [spoken(`${at}/rpc`), spoken("http://169.254.169.254/")] });
    const refreshed = await gate.call("POST", `/agents/${id}/refresh`);
    expect([refreshed.status, refreshed.body.detail]).toEqual([
      400,
      expect.stringMatching(/^Invalid URL: .* stays as it was$/),
    ]);
    const kept = await (await fetch(`${gate.url}/agents/${id}/upstream-card.json`)).json();
    expect(kept).toEqual(cardWith());
  });

  test("public lists of the largest agents stay small, and their pages tell all", async () => {
    card = cardWith({ skills: fatSkills(200, 5_000) });
    const { key, id: orgId } = await gate.createOrg("tenant", { tier: "enterprise" });
    for (let n = 0; n < 45; n++) await gate.register({ card_url: `${at}/card.json`, name: "fat", tags: ["t"] }, key);
    const lists = [
      "/agents/",
      "/agents/?skill=s1",
      "/agents/?tag=t",
      "/agents/search?limit=200",
      "/agents/search?q=fat&limit=200",
    ];
    lists.push("/agents/by-name/fat", `/orgs/${orgId}/agents`, "/.well-known/agent.json");
    lists.push("/v1/agents/?limit=1000");
    for (const list of lists) {
      let met = 0;
      for (let path = list, pages = 0; path; pages++) {
        const response = await fetch(gate.url + path, { headers: { authorization: `Bearer ${key}` } });
        const text = await response.text();
        expect([path, response.status, text.length < 2_300_000]).toEqual([path, 200, true]);
        const body = JSON.parse(text);
        met += (Array.isArray(body) ? body : body.agents).length;
        path = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1] ?? "";
        expect(pages).toBeLessThan(5);
      }
      expect([list, met]).toEqual([list, 45]);
    }
  });
});
