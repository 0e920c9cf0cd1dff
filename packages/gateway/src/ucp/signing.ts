import { contentDigest, signatureHeaders } from "./http-signature.ts";
import { PROFILE_PATH } from "./profile.ts";
import type { SigningKeys } from "./signing-keys.ts";

const JSON_TYPE = "application/json";
/** As the server sends it. */
const ANSWER_TYPE = `${JSON_TYPE}; charset=utf-8`;

/** The headers that sign an answer. */
export async function signedAnswer(
  keys: SigningKeys,
  { status, body }: { status: number; body: string },
): Promise<Record<string, string>> {
  const headers = { "content-digest": contentDigest(body), "content-type": ANSWER_TYPE };
  const components = ["@status", "content-digest", "content-type"];
  return { ...headers, ...(await signed(keys, { "@status": `${status}` }, headers, components)) };
}

/** The headers of a webhook, which has to be signed. */
export async function signedWebhook(
  keys: SigningKeys,
  {
    id,
    url,
    body,
    createdAt,
    gatewayUrl,
  }: { id: string; url: string; body: string; createdAt: bigint; gatewayUrl: string },
): Promise<Record<string, string>> {
  const target = new URL(url);
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": `${createdAt / 1_000_000n}`,
    "ucp-agent": `profile="${gatewayUrl}${PROFILE_PATH}"`,
    "content-digest": contentDigest(body),
    "content-type": JSON_TYPE,
  };
  const derived = {
    "@method": "POST",
    "@authority": target.host,
    "@path": target.pathname,
    ...(target.search && { "@query": target.search }),
  };
  const components = [
    ...Object.keys(derived),
    "ucp-agent",
    "webhook-id",
    "webhook-timestamp",
    "content-digest",
    "content-type",
  ];
  return { ...headers, ...(await signed(keys, derived, headers, components)) };
}

const signed = async (
  keys: SigningKeys,
  derived: Record<string, string>,
  headers: Record<string, string>,
  components: readonly string[],
) => signatureHeaders({ derived, headers }, components, await keys.signer());
