import { diffManifests, type Manifest, type ManifestRelease } from "@agentgate/protocol/site";

const releasesMax = 20;

/** The changelog: what this manifest changes, then what the previous one had recorded. */
export function releasesSince(previous: Manifest | undefined, manifest: Manifest): readonly ManifestRelease[] {
  if (!previous) return [];
  const earlier = previous.changes ?? [];
  const changes = diffManifests(previous, manifest);
  if (changes.length === 0) return earlier;
  return [{ version: manifest.version ?? "", changes }, ...earlier].slice(0, releasesMax);
}
