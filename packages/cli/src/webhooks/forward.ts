import { createHmac } from "node:crypto";

const TIMEOUT_MS = 20_000;

/** Sends deliveries on to an address, and says what became of each. @param secret signs them where it is given */
export function forwarderTo(url: string, secret: string | undefined) {
  return async ({ id, body }: { id: string; body: string }): Promise<string> => {
    const seconds = `${Math.floor(Date.now() / 1000)}`;
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": seconds,
    };
    if (secret !== undefined) {
      const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
      headers["webhook-signature"] =
        `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`;
      headers["x-agentgate-timestamp"] = seconds;
      headers["x-agentgate-signature"] = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
    }
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
      await response.body?.cancel();
      return `status ${response.status}`;
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } };
      return `it was not taken (${cause?.code ?? (error as Error).name})`;
    }
  };
}
