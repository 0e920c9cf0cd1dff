import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A webhook as the platform got it. */
export interface Received {
  headers: IncomingMessage["headers"];
  url: string;
  text: string;
}

export interface Platform {
  /** Of its profile. */
  url: string;
  /** What it answers, when its profile is asked for. */
  serves(answer: { status?: number; body?: unknown; headers?: Record<string, string> }): void;
  fetches: number;
  received: Received[];
  /** Status that it answers webhooks with. */
  status: number;
  /** Headers that sign a request as RFC 9421 says; made here from nothing of the gateway's. */
  sign(request: {
    method: string;
    url: string;
    body: string;
    headers?: Record<string, string>;
    components?: string[];
    kid?: string;
  }): Record<string, string>;
  profile(version: string, more?: object): object;
  close(): Promise<void>;
}

/** A platform with a profile, a key and a receiver for webhooks, on loopback. */
export async function startPlatform(): Promise<Platform> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = { ...publicKey.export({ format: "jwk" }), kid: "platform-1", use: "sig", alg: "ES256" };
  let answer: { status?: number; body?: unknown; headers?: Record<string, string> } = {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "POST") {
        platform.received.push({ headers: request.headers, url: request.url!, text: Buffer.concat(chunks).toString() });
        return response.writeHead(platform.status, { "content-type": "application/json" }).end("{}");
      }
      platform.fetches++;
      const { status = 200, body, headers = {} } = answer;
      return response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const platform: Platform = {
    url: `${base}/.well-known/ucp`,
    serves: (next) => {
      answer = next;
    },
    fetches: 0,
    received: [],
    status: 200,
    profile: (version, more = {}) => ({
      ucp: {
        version,
        services: {},
        payment_handlers: {},
        capabilities: {
          "dev.ucp.shopping.checkout": [{ version, spec: "https://ucp.dev/a", schema: "https://ucp.dev/b" }],
          "dev.ucp.shopping.order": [{ version, config: { webhook_url: `${base}/hooks?of=orders` } }],
        },
        ...more,
      },
      [version === "2026-04-08" ? "signing_keys" : "keys"]: [key],
    }),
    sign({ method, url, body, headers = {}, components, kid = key.kid }) {
      const { host, pathname, search } = new URL(url);
      const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
      const values: Record<string, string> = {
        "@method": method,
        "@authority": host,
        "@path": pathname,
        ...(search && { "@query": search }),
        ...headers,
        ...(body && { "content-digest": digest, "content-type": "application/json" }),
      };
      const names = components ?? Object.keys(values);
      const parameters = `(${names.map((name) => `"${name}"`).join(" ")});keyid="${kid}"`;
      const text = [...names.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${parameters}`].join(
        "\n",
      );
      const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return {
        ...headers,
        ...(body && { "content-digest": digest }),
        "signature-input": `sig1=${parameters}`,
        signature: `sig1=:${signature.toString("base64")}:`,
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return platform;
}

/** Whether these headers are the signature of a message, by the keys that a profile shows; read by hand. */
export function isSigned(
  headers: Record<string, string | string[] | undefined>,
  derived: Record<string, string>,
  body: string,
  keys: any[],
): boolean {
  const [, label, parameters, list, kid] =
    /^(\w+)=(\(((?:"[^"]+" ?)+)\);keyid="([^"]+)")$/.exec(`${headers["signature-input"]}`) ?? [];
  const [, signature] = new RegExp(`^${label}=:(.+):$`).exec(`${headers.signature}`) ?? [];
  const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
  const key = keys.find((one) => one.kid === kid);
  if (!list || !signature || !key || headers["content-digest"] !== digest) return false;
  const lines = list.split(" ").map((quoted) => {
    const name = JSON.parse(quoted);
    return `${quoted}: ${derived[name] ?? headers[name]}`;
  });
  const text = [...lines, `"@signature-params": ${parameters}`].join("\n");
  const publicKey = createPublicKey({ key, format: "jwk" });
  return verify(
    "sha256",
    Buffer.from(text),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64"),
  );
}
