import { diffManifests, type Manifest, type ManifestChange } from "@agentgate/protocol/site";
import { adopted } from "./adopt-manifest.ts";
import { type FoundManifest, toolsOf } from "./found-manifest.ts";
import type { LookedAt, StoredManifest } from "./manifest-store.ts";
import { standingOf } from "./standing.ts";

/** What becomes of a site's manifest by what it tells now: what it adds counts at once, what it changes waits. */
export function lookedAt(
  stored: Pick<StoredManifest, "approved">,
  { url, manifest, digest, etag }: FoundManifest,
  checkedAt: bigint,
): LookedAt {
  const approved = adopted(stored.approved, manifest);
  const isSame = standingOf(toolsOf(approved), toolsOf(manifest)).every(({ state }) => state === "live");
  return { url, approved, found: isSame ? undefined : manifest, digest, etag, checkedAt };
}

/** A difference of two manifests as it is shown. */
export interface ManifestDifference {
  /** By name: `/flows/checkout/steps/pay/price`. */
  path: string;
  before?: unknown;
  after?: unknown;
  breaking: boolean;
  message: string;
}

/** What a refresh would change, for whoever decides about it. Texts within schemas are no change to a program, and one to a model. */
export function differencesOf(approved: Manifest, found: Manifest): ManifestDifference[] {
  const told = diffManifests(approved, found).map((change) => toDifference(change, approved, found));
  const paths = new Set(told.map(({ path }) => path));
  const hidden = standingOf(toolsOf(approved), toolsOf(found)).flatMap(
    ({ tool, state, found: now }): ManifestDifference[] => {
      if (state !== "changed" || isTold(tool.calls === "intent" ? `/intents/${tool.name}` : `/flows/${tool.flow}`))
        return [];
      return [
        {
          path: `/tools/${tool.name}`,
          before: tool.inputSchema,
          after: now?.inputSchema,
          breaking: false,
          message: `What ${tool.name} tells in its schemas changed.`,
        },
      ];
    },
  );
  return [...told, ...hidden];

  function isTold(place: string): boolean {
    return [...paths].some((path) => path === place || path.startsWith(`${place}/`));
  }
}

function toDifference(
  { path, breaking, message }: ManifestChange,
  approved: Manifest,
  found: Manifest,
): ManifestDifference {
  const [before, after] = [valueAt(approved, path), valueAt(found, path)];
  return {
    path,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    breaking,
    message,
  };
}

/** What stands at a place, which names the entries of lists. */
function valueAt(manifest: Manifest, path: string): unknown {
  let at: unknown = manifest;
  for (const token of path.split("/").slice(1)) {
    if (Array.isArray(at)) at = at.find((entry) => (entry as { name?: unknown } | null)?.name === token);
    else if (typeof at === "object" && at !== null && Object.hasOwn(at, token))
      at = (at as Record<string, unknown>)[token];
    else return undefined;
  }
  return at;
}
