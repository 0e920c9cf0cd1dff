import { createHash } from "node:crypto";
import { AgentClient, AgentGateError } from "@agentgate/client";
import { type DirectorySite, directoryEntry } from "@agentgate/protocol/directory";
import type { Column } from "../output/table.ts";

export interface VisitedSite {
  url: string;
  entry: DirectorySite;
}

/** A site that is not in the directory, or not as the directory says. */
export interface SiteFailure {
  url: string;
  code: string;
  message: string;
}

export interface VisitOptions {
  concurrency: number;
  allowHttp: boolean;
  /** Told of each site that was visited, however that went. */
  onDone(done: number, url: string): void;
}

const TIMEOUT_MS = 15_000;
/** A manifest is refused that has more; what is read beyond would be thrown away. */
const MANIFEST_CHARACTERS_MAX = 1_100_000;

export const failureColumns: Column<SiteFailure>[] = [
  { title: "site", value: ({ url }) => url },
  { title: "failure", value: ({ code }) => code },
  { title: "why", value: ({ message }) => message, shrinks: true },
];

/** Reads the manifests of sites, some at a time. What is found is in the order of the addresses. */
export async function visitSites(
  urls: readonly string[],
  { concurrency, allowHttp, onDone }: VisitOptions,
): Promise<{ visited: VisitedSite[]; failed: SiteFailure[] }> {
  const outcomes = new Map<string, VisitedSite | SiteFailure>();
  const waiting = [...urls];
  await Promise.all(
    Array.from({ length: Math.min(concurrency, urls.length) }, async () => {
      for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
        outcomes.set(url, await visit(url, allowHttp));
        onDone(outcomes.size, url);
      }
    }),
  );
  const ordered = urls.map((url) => outcomes.get(url)!);
  return {
    visited: ordered.filter((one): one is VisitedSite => "entry" in one),
    failed: ordered.filter((one): one is SiteFailure => "code" in one),
  };
}

/** One site, checked as any agent would check it. */
async function visit(url: string, allowHttp: boolean): Promise<VisitedSite | SiteFailure> {
  let served = "";
  const keeping = async (address: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(address, init);
    if (response.status !== 200) return response;
    served = await beginningOf(response);
    return new Response(served, { status: 200, headers: response.headers });
  };
  const client = new AgentClient({ agentId: "agentgate-directory", allowHttp, timeoutMs: TIMEOUT_MS, fetch: keeping });
  try {
    const { manifest } = await client.discover(url);
    const digest = createHash("sha256").update(served).digest("hex");
    const seen = { url, manifest_digest: `sha256:${digest}`, checked_at: new Date().toISOString() };
    return { url, entry: directoryEntry(manifest, seen) };
  } catch (error) {
    if (!AgentGateError.isInstance(error)) throw error;
    return { url, code: error.code, message: error.message };
  }
}

async function beginningOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MANIFEST_CHARACTERS_MAX) return text;
  }
  return text + decoder.decode();
}
