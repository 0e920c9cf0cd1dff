import type { Manifest, ManifestIntent } from "../manifest.ts";
import { manifestPath } from "../paths.ts";
import type { DirectoryIntent, DirectorySite } from "./directory.ts";

/** What a directory tells of one site: characters of a description, intents and flows, steps of a flow. */
export const directoryLimits = { description: 1_000, operations: 200, steps: 50, name: 255, tags: 64 } as const;

/** What is known of a site beside its manifest. */
export interface SeenSite extends Pick<DirectorySite, "url" | "manifest_digest" | "checked_at" | "tags" | "gateway"> {}

/** A site's entry. What has no room is left out: the manifest itself tells it. */
export function directoryEntry(manifest: Manifest, { url, tags, gateway, ...seen }: SeenSite): DirectorySite {
  const { name, description, version, agent_api_version, auth, intents, flows } = manifest;
  return {
    url,
    name: name.slice(0, directoryLimits.name),
    description: shortened(description),
    ...(typeof version === "string" && { version: version.slice(0, 50) }),
    agent_api_version,
    manifest_url: url + manifestPath,
    manifest_digest: seen.manifest_digest,
    auth: auth.type,
    intents: intents.slice(0, directoryLimits.operations).map(toIntent),
    flows: flows.slice(0, directoryLimits.operations).map(({ name, description, orchestration, steps }) => ({
      name,
      description: shortened(description),
      orchestration,
      steps: steps.slice(0, directoryLimits.steps).map((step) => step.name),
    })),
    ...(tags?.length && { tags: tags.slice(0, directoryLimits.tags) }),
    checked_at: seen.checked_at,
    ...(gateway && { gateway }),
  };
}

const toIntent = ({ name, description, risk, price }: ManifestIntent): DirectoryIntent => ({
  name,
  description: shortened(description),
  ...(risk && { risk }),
  ...(price && { price }),
});

const shortened = (text: string): string => {
  const { description: most } = directoryLimits;
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
};
