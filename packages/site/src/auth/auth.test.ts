import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { AgentApp, type AuthPolicy, apiKey, bearer, flow, none, oauth2, RegistrationError, step } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";
import { jwt, jwtVerifier } from "./jwt.ts";

const whoami = (auth: AuthPolicy, more: object = {}) =>
  new AgentApp({ title: "Shop", baseUrl: "https://shop.test", auth, onError: () => {} }).intent("whoami", {
    description: "Tells who calls",
    handler: (_input, { principal }) => principal ?? null,
    ...more,
  });
const bearerHeader = (token: string) => ({ Authorization: `Bearer ${token}` });

describe("apiKey", () => {
  it("fails closed when it cannot verify", async () => {
    // @ts-expect-error it says who has which key
    expect(() => apiKey({})).toThrow(RegistrationError);
    // @ts-expect-error a header alone does not
    expect(() => apiKey({ header: "X-Key" })).toThrow(RegistrationError);
    expect(() => apiKey({ keys: { a: "short" } })).toThrow(/shorter than 16/);
    expect(() => bearer({} as never)).toThrow(/verify/);
    expect(() => oauth2({ authorizationServers: [], verify: () => null })).toThrow(/authorizationServers/);
    await expect(new AgentApp({ title: "x" } as never).fetch(new Request("http://localhost/"))).rejects.toThrow(
      /auth: none\(\)/,
    );
  });

  it("takes its own header and answers who it is", async () => {
    const app = whoami(apiKey({ header: "X-Shop-Key", keys: { alice: "sk-alice-0123456789" } }));
    const agent = agentOf(app);
    expect((await agent.manifest()).body.auth).toEqual({ type: "api_key", header: "X-Shop-Key" });
    expect((await agent.intent("whoami", {}, { "X-Shop-Key": "sk-alice-0123456789" })).body).toEqual({
      subject: "alice",
    });
    for (const headers of [{}, { "X-Shop-Key": "sk-alice-0123456780" }, { "X-API-Key": "sk-alice-0123456789" }]) {
      expect((await agent.intent("whoami", {}, headers as never)).body.error).toBe("unauthorized");
    }
  });

  it("shows verify the request, whose parts may be taken out of it", async () => {
    const seen: unknown[] = [];
    const app = whoami(
      apiKey({
        verify: (key, { header, method, path, siteName, baseUrl }) => {
          seen.push(key, header("x-agent-id"), method, path, siteName, baseUrl);
          return "alice";
        },
      }),
    );
    await agentOf(app, { "X-API-Key": "k", "X-Agent-ID": "a" }).intent("whoami");
    expect(seen).toEqual([
      "k",
      "a",
      "POST",
      "/agent/intents/whoami",
      app.manifest.name,
      expect.stringMatching(/^http/),
    ]);
  });

  it("guards the manifest when asked to", async () => {
    const app = new AgentApp({
      title: "x",
      auth: apiKey({ verify: (key) => key === "k" && "s" }),
      protectManifest: true,
    });
    const request = (headers: Record<string, string>) =>
      new Request("http://localhost/.well-known/agent-manifest.json", { headers });
    const [closed, open] = [await app.fetch(request({})), await app.fetch(request({ "X-API-Key": "k" }))];
    expect([closed.status, open.status, open.headers.get("cache-control")]).toEqual([401, 200, "private, max-age=300"]);
  });

  it("does not hide a failure of its verification", async () => {
    const down = apiKey({
      verify: () => {
        throw new Error("database down: postgres://secret");
      },
    });
    const { status, body } = await agentOf(whoami(down)).intent("whoami", {}, { "X-API-Key": "k" });
    expect([status, body.error, JSON.stringify(body).includes("secret")]).toEqual([500, "internal_error", false]);
    const empty = apiKey({ verify: () => ({ subject: "" }) });
    expect((await agentOf(whoami(empty)).intent("whoami", {}, { "X-API-Key": "k" })).status).toBe(500);
  });
});

describe("overrides", () => {
  it("hold for one intent, one flow or one step, and the manifest says so", async () => {
    const key = apiKey({ verify: (value) => value });
    const app = whoami(key, { auth: none() }).flow(
      flow("f", {
        description: "A flow with auth of its own",
        auth: bearer({ verify: (token) => token }),
        steps: { go: step({ entry: true, description: "Goes", scopes: ["go"], handler: () => 1 }) },
      }),
    );
    const agent = agentOf(app);
    const { body } = await agent.manifest();
    expect(body.intents[0].auth).toEqual({ type: "none", header: null });
    expect(body.flows[0].steps[0].auth).toEqual({ type: "bearer", header: null, scopes: ["go"] });
    expect((await agent.intent("whoami")).body).toBeNull();
    const start = (headers: Record<string, string>) => agent.send("POST", "/agent/flows/f/start", {}, headers);
    expect((await start({ "X-API-Key": "k" })).status).toBe(401);
    expect((await start(bearerHeader("t"))).body.error).toBe("insufficient_scope");
  });

  it("cannot ask for scopes where there is no auth", () => {
    expect(() => whoami(none(), { scopes: ["a"] }).manifest).toThrow(/asks for scopes/);
  });
});

describe("JWT and OAuth 2", async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const key = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", kid: "1" }] });
  const options = { issuer: "https://login.test", audience: "https://shop.test", key };
  const token = (claims: Record<string, unknown> = {}, expires: string | null = "5m", alg = "ES256") => {
    const made = new SignJWT({ scope: "read orders:write", ...claims })
      .setProtectedHeader({ alg, kid: "1" })
      .setIssuer((claims.iss as string) ?? options.issuer)
      .setAudience((claims.aud as string) ?? options.audience)
      .setSubject("alice");
    return (expires ? made.setExpirationTime(expires) : made).sign(privateKey);
  };

  it("let in a token of the issuer for this site", async () => {
    const agent = agentOf(whoami(jwt(options)));
    expect((await agent.manifest()).body.auth).toEqual({ type: "bearer", header: null, scheme: "jwt" });
    const { body } = await agent.intent("whoami", {}, bearerHeader(await token()));
    expect(body).toMatchObject({ subject: "alice", scopes: ["read", "orders:write"] });
  });

  it("refuse every other token", async () => {
    const agent = agentOf(whoami(jwt(options)));
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"alice"}')}.`.replaceAll("=", "");
    const tokens = {
      "another issuer": await token({ iss: "https://evil.test" }),
      "another site": await token({ aud: "https://other.test" }),
      expired: await token({}, "-1m"),
      "without expiry": await token({}, null),
      unsigned,
      tampered: `${(await token()).slice(0, -4)}AAAA`,
      nonsense: "x",
    };
    for (const [name, value] of Object.entries(tokens)) {
      const { status, headers } = await agent.intent("whoami", {}, bearerHeader(value));
      expect([name, status, headers.get("www-authenticate")?.includes("invalid_token")]).toEqual([name, 401, true]);
    }
    expect((await agent.intent("whoami")).headers.get("www-authenticate")).toBe('Bearer realm="Shop"');
  });

  it("need an issuer, an audience and a key", () => {
    expect(() => jwt({ ...options, audience: "" })).toThrow(/audience/);
    expect(() => jwt({ issuer: "https://login.test", audience: "x" })).toThrow(/jwksUri/);
  });

  it("check scopes of each operation", async () => {
    const auth = oauth2({
      authorizationServers: ["https://login.test"],
      verify: jwtVerifier(options),
      scopesSupported: ["read", "admin"],
    });
    const app = whoami(auth, { scopes: ["read"] }).intent("admin", {
      description: "For admins",
      scopes: ["admin", "read"],
      handler: () => 1,
    });
    const agent = agentOf(app);
    const headers = bearerHeader(await token());
    expect((await agent.intent("whoami", {}, headers)).status).toBe(200);
    const refused = await agent.intent("admin", {}, headers);
    expect([refused.status, refused.body.error]).toEqual([403, "insufficient_scope"]);
    expect(refused.headers.get("www-authenticate")).toBe(
      'Bearer realm="Shop", resource_metadata="https://shop.test/.well-known/oauth-protected-resource", error="insufficient_scope", scope="admin read"',
    );
    expect((await agent.manifest()).body.auth).toEqual({
      type: "bearer",
      header: null,
      scheme: "oauth2",
      resource_metadata: "https://shop.test/.well-known/oauth-protected-resource",
      authorization_servers: ["https://login.test"],
    });
  });
});
