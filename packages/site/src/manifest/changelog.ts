import { diffManifests, type Manifest, type ManifestRelease } from "@agentgate/protocol/site";

/** What the manifest tells about its own history. */
export interface Changelog {
  /** Releases, newest first: what this manifest changes, then what earlier ones had recorded. */
  releases(manifest: Manifest): readonly ManifestRelease[];
  /** Hints for developers. */
  warnings(manifest: Manifest): readonly string[];
}

const releasesMax = 20;

/**
 * Publishes what changed since the manifest that was last published, as `changes`.
 * @param previous that manifest, from a file in the repository or from the live site
 */
export function changelog(previous: Manifest): Changelog {
  const earlier = previous.changes ?? [];
  return {
    releases(manifest) {
      const changes = diffManifests(previous, manifest);
      if (changes.length === 0) return earlier;
      return [{ version: manifest.version ?? "", changes }, ...earlier].slice(0, releasesMax);
    },
    warnings(manifest) {
      const changes = diffManifests(previous, manifest);
      const breaking = changes.filter((change) => change.breaking).map(({ path, message }) => `${path}: ${message}`);
      const stale = changes.length > 0 && manifest.version === previous.version;
      return [
        ...(stale
          ? [
              `the manifest has changed but its version is still "${manifest.version}". Raise it, so that agents can tell.`,
            ]
          : []),
        ...breaking.map((change) => `this breaks callers of the previous manifest: ${change}`),
      ];
    },
  };
}
