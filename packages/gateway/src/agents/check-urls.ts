import { Problem } from "../http/index.ts";
import { recordLimits } from "./fields.ts";

/** Judges a URL before it is stored: syntax, scheme, address (contract section 3, URL safety). */
export type CheckUrl = (url: string) => Promise<{ ok: true } | { ok: false; reason: string }>;

/** @throws Problem 400 for the first that may not be stored */
export async function demandSafeUrls(checkUrl: CheckUrl, urls: readonly (string | null | undefined)[]): Promise<void> {
  const given = urls.filter((url) => typeof url === "string" && url !== "") as string[];
  if (given.some((url) => url.length > recordLimits.url))
    throw invalidUrl(`it has more than ${recordLimits.url} characters`);
  for (const verdict of await Promise.all(given.map(checkUrl))) if (!verdict.ok) throw invalidUrl(verdict.reason);
}

/** Whether it names more than a host. */
export const hasPath = (url: string | null | undefined): boolean =>
  url != null && URL.canParse(url) && new URL(url).pathname !== "/";

const invalidUrl = (reason: string) => new Problem(400, `Invalid URL: ${reason}`, { code: "invalid_url" });
