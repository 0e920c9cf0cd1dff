import type { Manifest, ManifestChange } from "./manifest.ts";

/** What changed between two manifests of a site, and whether callers of the earlier one may fail. */
export function diffManifests(before: Manifest, after: Manifest): ManifestChange[] {
  void before;
  void after;
  return [];
}
