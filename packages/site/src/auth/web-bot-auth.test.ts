import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { generateNonce, jwkToKeyID, signatureHeaders } from "web-bot-auth";
import { helpers, signerFromJWK } from "web-bot-auth/crypto";
import { AgentApp, type DetectedAgent, none } from "../index.ts";
import { directoryOrigin, thumbprint } from "./key-directory.ts";
import { findSignature, signatureBase } from "./message-signature.ts";
import { type WebBotAuthOptions, webBotAuth } from "./web-bot-auth.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const secret = privateKey.export({ format: "jwk" }) as never;
const jwk = publicKey.export({ format: "jwk" }) as { kty: "OKP"; crv: "Ed25519"; x: string };
const keyId = await jwkToKeyID(jwk as never, helpers.WEBCRYPTO_SHA256, helpers.BASE64URL_DECODE);
const now = Date.now();
const url = "https://shop.test/agent/intents/whoami";

interface Signing {
  url?: string;
  agent?: string;
  key?: string;
  created?: number;
  expires?: number;
  nonce?: string;
}

/** Signed by the reference implementation of the draft. */
async function signed({ url: signedUrl = url, agent = '"https://agent.test"', key, ...times }: Signing = {}) {
  const headers = { "Signature-Agent": agent };
  const { created = now, expires = now + 60_000, nonce } = times;
  const params = {
    created: new Date(created),
    expires: new Date(expires),
    ...(nonce && { nonce }),
    ...(key && { key }),
  };
  const signature = await signatureHeaders(
    { method: "POST", url: signedUrl, headers },
    await signerFromJWK(secret),
    params,
  );
  return { ...headers, Signature: signature.Signature, "Signature-Input": signature["Signature-Input"] };
}

function site(options: WebBotAuthOptions = {}) {
  const asked: string[] = [];
  const directoryFetch = (async (input: string) => {
    asked.push(input);
    return Response.json({ keys: [{ kty: "RSA" }, jwk] });
  }) as never;
  const agentVerifier = webBotAuth({ directoryFetch, now: () => now, ...options });
  const app = new AgentApp({
    title: "Shop",
    auth: none(),
    baseUrl: "https://shop.test",
    agentVerifier,
    onError: () => {},
  });
  const served = app.intent("whoami", { description: "Tells who calls", handler: (_input, { agent }) => agent });
  const call = async (headers: Record<string, string>) => {
    const response = await served.fetch(
      new Request(url, { method: "POST", headers: { "X-Agent-Request": "true", ...headers } }),
    );
    return {
      status: response.status,
      body: (await response.json()) as DetectedAgent & { error?: string; message?: string },
    };
  };
  return { call, asked };
}

describe("webBotAuth", () => {
  it("verifies what the reference implementation signs, with a directory it asks once", async () => {
    const { call, asked } = site();
    for (const signing of [{}, { agent: 'a="https://agent.test"', key: "a" }]) {
      const { body } = await call(await signed(signing));
      expect(body).toMatchObject({ verified: true, keyId, origin: "https://agent.test" });
    }
    expect(asked).toEqual(["https://agent.test/.well-known/http-message-signatures-directory"]);
  });

  /** The draft's own example, with its test key; it is valid for a century, so only the signature itself is looked at. */
  it("builds the signature base of the draft's test vector", async () => {
    const headers: Record<string, string> = {
      "signature-agent": 'agent2="https://signature-agent.test"',
      "signature-input":
        'sig2=("@authority" "signature-agent";key="agent2");created=1735689600;keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519";expires=4889289600;nonce="n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA==";tag="web-bot-auth"',
      signature: "sig2=:RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACSanGdhEwYCCg==:",
    };
    const request = { authority: "example.com", method: "GET", path: "/", header: (name: string) => headers[name] };
    const signature = findSignature(request, "web-bot-auth")!;
    const vectorKey = { kty: "OKP", crv: "Ed25519", x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs" } as const;
    expect(await thumbprint(vectorKey)).toBe(signature.parameters.keyid);
    const imported = await crypto.subtle.importKey("jwk", { ...vectorKey }, "Ed25519", false, ["verify"]);
    const base = new TextEncoder().encode(signatureBase(signature, request));
    expect(await crypto.subtle.verify("Ed25519", imported, signature.signature, base)).toBe(true);
  });

  it("lets unsigned requests through unverified, unless it is required", async () => {
    expect((await site().call({ "X-Agent-ID": "me" })).body).toMatchObject({ id: "me", verified: false });
    expect((await site({ required: true }).call({})).body.error).toBe("unauthorized");
  });

  it.each<[string, Signing, RegExp]>([
    ["for another site", { url: "https://other.test/" }, /not valid/],
    ["that has expired", { created: now - 200_000, expires: now - 60_000 }, /expired/],
    ["from the future", { created: now + 60_000, expires: now + 90_000 }, /future/],
    ["that is valid for too long", { expires: now + 3_600_000 }, /5 minutes/],
  ])("refuses a signature %s", async (_name, signing, message) => {
    const { status, body } = await site().call(await signed(signing));
    expect([status, body.error]).toEqual([401, "unauthorized"]);
    expect(body.message).toMatch(message);
  });

  it("refuses a tampered signature and a nonce used twice", async () => {
    const { call } = site();
    const headers = await signed({ nonce: generateNonce() });
    expect((await call(headers)).body).toMatchObject({ verified: true });
    expect((await call(headers)).body.message).toMatch(/nonce/);
    const tampered = { ...(await signed()), "Signature-Agent": '"https://evil.test"' };
    expect((await call(tampered)).status).toBe(401);
    expect((await call({ ...(await signed()), Signature: "sig1=:AAAA:" })).status).toBe(401);
  });

  it("trusts only known keys and directories when told to", async () => {
    const keys = site({ keys: [jwk], directoryFetch: false });
    expect((await keys.call(await signed())).body).toMatchObject({ verified: true });
    const other = site({ trustedOrigins: ["https://other.test"] });
    expect((await other.call(await signed())).body).toMatchObject({ verified: false });
    expect(other.asked).toEqual([]);
  });

  it.each([
    "@@",
    "sig1=",
    'sig1=("@authority")',
    'sig1=("@authority";;;);tag="web-bot-auth"',
    "x".repeat(9000),
    'sig1=("@query");tag="web-bot-auth";created=1;expires=2',
  ])("answers nonsense with no 5xx: %.30s", async (input) => {
    expect((await site().call({ ...(await signed()), "Signature-Input": input })).status).toBeLessThan(500);
  });

  it("never asks private hosts for keys", () => {
    for (const agent of [
      "http://agent.test",
      "https://localhost",
      "https://127.0.0.1",
      "https://2130706433",
      "https://0x7f.1",
      "https://[::1]",
      "https://[::ffff:127.0.0.1]",
      "https://printer",
      "https://db.internal",
      "https://nas.local.",
      "https://user@agent.test",
      "https://agent.test:8443",
      "javascript:alert(1)",
      "",
    ]) {
      expect([agent, directoryOrigin(agent)]).toEqual([agent, undefined]);
    }
    expect(directoryOrigin("https://Agent.Test/path")).toBe("https://agent.test");
  });
});
