import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgentApp, MemoryRecordStore, none, type RecordStore } from "../index.ts";
import { storeKinds } from "../testing/stores.ts";
import { domainOf, type Ed25519Jwk, KeyDirectories, thumbprint } from "./key-directory.ts";
import { type WebBotAuthOptions, webBotAuth } from "./web-bot-auth.ts";

const now = Date.now();
const seconds = Math.floor(now / 1000);

async function makeKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const jwk = publicKey.export({ format: "jwk" }) as unknown as Ed25519Jwk;
  return { privateKey, jwk, keyId: await thumbprint(jwk) };
}
const key = await makeKey();

interface Signing {
  components?: readonly string[];
  nonce?: string;
  method?: string;
  path?: string;
  created?: number | string;
  expires?: number | string;
  by?: { privateKey: KeyObject; keyId: string };
  agent?: string;
}

/** Signs by hand, as the reference implementation always adds a nonce. */
function signed({
  components = ["@authority"],
  nonce,
  method = "POST",
  path = "/agent/intents/charge",
  created = seconds,
  expires = seconds + 300,
  by = key,
  agent = "https://agent.test",
}: Signing = {}) {
  const covered = [...components, "signature-agent"];
  const values: Record<string, string> = {
    "@authority": "shop.test",
    "@method": method,
    "@path": path,
    "signature-agent": `"${agent}"`,
  };
  const tail = `;created=${created};expires=${expires};keyid="${by.keyId}"${nonce ? `;nonce="${nonce}"` : ""};tag="web-bot-auth"`;
  const params = `(${covered.map((name) => `"${name}"`).join(" ")})${tail}`;
  const base = [...covered.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${params}`].join("\n");
  return {
    "Signature-Agent": `"${agent}"`,
    "Signature-Input": `sig1=${params}`,
    Signature: `sig1=:${sign(null, Buffer.from(base), by.privateKey).toString("base64")}:`,
  };
}

function site(options: WebBotAuthOptions = {}) {
  let runs = 0;
  const directoryFetch = (async () => Response.json({ keys: [key.jwk] })) as never;
  const app = new AgentApp({
    title: "Shop",
    auth: none(),
    baseUrl: "https://shop.test",
    agentVerifier: webBotAuth({ directoryFetch, now: () => now, ...options }),
    onError: () => {},
  })
    .intent("charge", { description: "Charges", handler: () => ++runs })
    .intent("refund", { description: "Refunds", handler: () => ++runs });
  const call = async (headers: Record<string, string>, path = "/agent/intents/charge", method = "POST") => {
    const init = { method, headers: { "X-Agent-Request": "true", ...headers } };
    const response = await app.fetch(new Request(`https://shop.test${path}`, init));
    return { status: response.status, message: String(((await response.json()) as { message?: string }).message) };
  };
  return { call, runs: () => runs };
}

const bound = ["@authority", "@method", "@path"];
const manifest = "/.well-known/agent-manifest.json";

describe("a signature", () => {
  it("without a nonce is good for nothing that takes effect, unless it says what it is for", async () => {
    const { call, runs } = site();
    for (const components of [["@authority"], ["@authority", "@method"], ["@authority", "@path"]]) {
      const { status, message } = await call(signed({ components }));
      expect([components, status, message]).toEqual([components, 401, expect.stringContaining("nonce")]);
    }
    expect(runs()).toBe(0);
    expect((await call(signed({ components: bound }))).status).toBe(200);
    expect((await call(signed({ components: bound }), "/agent/intents/refund")).status).toBe(401);
    expect(runs()).toBe(1);
  });

  it.each([{ nonce: "a" }, { components: bound }, { components: bound, nonce: "b" }])(
    "is good once: %o",
    async (signing) => {
      const { call, runs } = site();
      const headers = signed(signing);
      expect((await call(headers)).status).toBe(200);
      for (const path of ["/agent/intents/charge", "/agent/intents/refund"]) {
        expect((await call(headers, path)).status).toBe(401);
      }
      expect(runs()).toBe(1);
    },
  );

  it("is good once for 50 who come at the same time", async () => {
    const { call, runs } = site();
    const headers = signed({ nonce: "a" });
    const replies = await Promise.all(Array.from({ length: 50 }, () => call(headers)));
    expect([replies.filter(({ status }) => status === 200).length, runs()]).toEqual([1, 1]);
  });

  it("without a nonce may read again, and what it read with is no good for more", async () => {
    const { call } = site();
    const protectedSite = site({ required: true });
    expect((await protectedSite.call({}, "/agent/intents/charge")).status).toBe(401);
    const headers = signed({ method: "GET", path: manifest, components: bound });
    for (let i = 0; i < 2; i++) expect((await call(headers, manifest, "GET")).status).toBe(200);
    expect((await call(headers)).status).toBe(401);
  });

  it.each([
    { created: "1e3", expires: "2e3" },
    { created: "-1", expires: `${seconds + 10}` },
    { created: `${seconds}.5`, expires: `${seconds + 10}` },
    { created: seconds, expires: seconds + 301 },
    { created: seconds + 31, expires: seconds + 60 },
    { created: seconds - 60, expires: seconds - 32 },
    { created: seconds, expires: seconds },
  ])("has a short life between two moments that are integers: %o", async (signing) => {
    expect((await site().call(signed({ nonce: "a", ...signing }))).status).toBe(401);
  });
});

describe("nonces", () => {
  it("are refused when there is no room for more, and none that is live is forgotten", async () => {
    const nonces = new MemoryRecordStore({ entriesMax: 100, now: () => now });
    const { call } = site({ nonces });
    const first = signed({ nonce: "first" });
    expect((await call(first)).status).toBe(200);
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await call(signed({ nonce: `${i}` }))).status);
    expect(statuses).toEqual([...Array(9).fill(200), 503, 503, 503]);
    expect((await call(first)).status).toBe(401);
  });

  it("of one agent leave room for others', and for those of agents that the site knows", async () => {
    const nonces = new MemoryRecordStore({ entriesMax: 100, now: () => now });
    const { call } = site({ nonces });
    const known = site({ nonces, trustedOrigins: ["https://agent.test"] });
    for (let i = 0; i < 11; i++) await call(signed({ nonce: `${i}`, agent: `https://a${i}.agent.test` }));
    expect((await call(signed({ nonce: "x", agent: "https://b.agent.test" }))).status).toBe(503);
    expect((await call(signed({ nonce: "x", agent: "https://other.test" }))).status).toBe(200);
    expect((await known.call(signed({ nonce: "y" }))).status).toBe(200);
  });

  it("hold when 10,050 others have come, by default", async () => {
    const { call } = site({ keys: [key.jwk] });
    const first = signed({ nonce: "first" });
    expect((await call(first)).status).toBe(200);
    for (let i = 0; i < 10_050; i++) await call(signed({ nonce: `${i}` }));
    expect((await call(first)).status).toBe(401);
  });
});

describe.each(storeKinds)("nonces in $name", ({ available, open }) => {
  let nonces: RecordStore | undefined;
  let close: () => unknown = () => {};
  beforeAll(async () => {
    if (!available) return;
    const opened = await open();
    nonces = opened.store.replies;
    close = opened.close;
  });
  afterAll(() => close());

  it.skipIf(!available)("hold in every process that shares it", async () => {
    if (!nonces) return;
    const [one, two] = [site({ nonces }), site({ nonces })];
    const headers = signed({ nonce: randomUUID() });
    const replies = await Promise.all([one, two, one, two].map(({ call }) => call(headers)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(one.runs() + two.runs()).toBe(1);
  });
});

describe("key directories", () => {
  const directory = (answer: (url: string) => Promise<Response>) => {
    const asked: string[] = [];
    let clock = now;
    const directories = new KeyDirectories(
      (async (url: string) => {
        asked.push(new URL(url).hostname);
        return answer(url);
      }) as never,
      () => clock,
    );
    const forward = (ms: number) => {
      clock += ms;
    };
    return { directories, asked, forward };
  };
  const keys = async () => Response.json({ keys: [key.jwk] });

  it("are asked once for many who wait, and bounded in how many are asked at once", async () => {
    const answers = Promise.withResolvers<Response>();
    const { directories, asked } = directory(() => answers.promise);
    const waiting = Array.from({ length: 10 }, () => directories.keysOf("https://a.test"));
    for (let i = 0; i < 15; i++) waiting.push(directories.keysOf(`https://host${i}.test`));
    expect(() => directories.keysOf("https://one-more.test")).toThrow(/Too many/);
    expect(asked).toHaveLength(16);
    answers.resolve(await keys());
    await Promise.all(waiting);
  });

  it("of one domain take a part of the places", async () => {
    const { directories } = directory(() => new Promise(() => {}));
    for (let i = 0; i < 4; i++) void directories.keysOf(`https://h${i}.evil.example`);
    expect(() => directories.keysOf("https://h9.evil.example")).toThrow(/Too many/);
    expect(() => directories.keysOf("https://h9.good.example")).not.toThrow();
  });

  it("that were had before are had again though strangers' hang", async () => {
    let hangs = false;
    const { directories, forward } = directory((url) =>
      hangs && !url.includes("good") ? new Promise(() => {}) : keys(),
    );
    expect((await directories.keysOf("https://good.test"))?.size).toBe(1);
    hangs = true;
    for (let i = 0; i < 16; i++) void directories.keysOf(`https://host${i}.test`);
    expect((await directories.keysOf("https://good.test"))?.size).toBe(1);
    forward(61 * 60_000);
    expect((await directories.keysOf("https://good.test"))?.size).toBe(1);
  });

  it("are kept though one domain has any number of hosts, and failures are not kept before them", async () => {
    const { directories, asked } = directory(async (url) =>
      url.includes("bad") ? new Response("", { status: 500 }) : keys(),
    );
    await directories.keysOf("https://good.test");
    for (let i = 0; i < 1000; i++) await directories.keysOf(`https://h${i}.evil.example`);
    for (let i = 0; i < 1000; i++) await directories.keysOf(`https://bad${i}.test`);
    const before = asked.length;
    await directories.keysOf("https://good.test");
    expect(asked).toHaveLength(before);
  });

  it("that fail are asked again after a minute, whatever the clock did meanwhile", async () => {
    const { directories, asked, forward } = directory(async () => new Response("x".repeat(100_000)));
    expect(await directories.keysOf("https://a.test")).toBeUndefined();
    expect(await directories.keysOf("https://a.test")).toBeUndefined();
    expect(asked).toHaveLength(1);
    forward(-2 * 3_600_000);
    await directories.keysOf("https://a.test");
    expect(asked).toHaveLength(2);
  });

  it("that cannot be had are the agent's trouble for a moment, where a signature is required", async () => {
    const directoryFetch = (async () => new Response("", { status: 500 })) as never;
    expect((await site({ directoryFetch, required: true }).call(signed({ nonce: "a" }))).status).toBe(503);
    expect((await site({ directoryFetch }).call(signed({ nonce: "a" }))).status).toBe(200);
  });

  it.each([
    ["https://a.example.com", "example.com"],
    ["https://example.com", "example.com"],
    ["https://a.b.example.co.uk", "example.co.uk"],
    ["https://example.co.uk", "example.co.uk"],
    ["https://ab.io", "ab.io"],
  ])("of %s belong to %s", (origin, domain) => {
    expect(domainOf(origin)).toBe(domain);
  });
});
