import { createHmac } from "node:crypto";
import type { EndpointSecret } from "./endpoint.ts";

const PREFIX = "whsec_";

/**
 * The headers of Standard Webhooks 1.0.0, one signature for each secret that signs now, and those that receivers of earlier versions
 * read: they hold one signature, which is the newest secret's, taken as the text that it was shown as.
 *
 * @param seconds when it is sent, since the epoch
 */
export function signedHeaders(
  { id, body }: { id: string; body: string },
  secrets: readonly EndpointSecret[],
  seconds: number,
): Record<string, string> {
  const headers: Record<string, string> = {
    "webhook-id": id,
    "webhook-timestamp": `${seconds}`,
    "x-agentgate-timestamp": `${seconds}`,
  };
  const [newest] = secrets;
  if (!newest) return headers;
  const content = `${id}.${seconds}.${body}`;
  headers["webhook-signature"] = secrets.map(({ secret }) => `v1,${hmac(keyIn(secret), content, "base64")}`).join(" ");
  headers["x-agentgate-signature"] = hmac(newest.secret, `${seconds}.${body}`, "hex");
  return headers;
}

const keyIn = (secret: string): Buffer => Buffer.from(secret.slice(PREFIX.length), "base64");

const hmac = (key: Buffer | string, content: string, encoding: "base64" | "hex"): string =>
  createHmac("sha256", key).update(content).digest(encoding);
