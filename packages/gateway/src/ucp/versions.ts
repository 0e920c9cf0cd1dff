/** The releases of the protocol that are spoken, the current one first. */
export const ucpVersions = ["2026-08-25", "2026-04-08"] as const;
export type UcpVersion = (typeof ucpVersions)[number];
export const currentVersion: UcpVersion = ucpVersions[0];

export const isUcpVersion = (text: unknown): text is UcpVersion => ucpVersions.some((version) => version === text);

/** The protocol's one service that is sold through. */
export const SHOPPING = "dev.ucp.shopping";

/** Its capabilities, by the last part of their names: where their specification and schema are on ucp.dev. */
const capabilities = {
  checkout: { spec: "checkout", schema: "checkout" },
  order: { spec: "order", schema: "order" },
  "catalog.search": { spec: "catalog/search", schema: "catalog_search" },
  "catalog.lookup": { spec: "catalog/lookup", schema: "catalog_lookup" },
} as const;
type CapabilityPart = keyof typeof capabilities;
export type CapabilityName = `${typeof SHOPPING}.${CapabilityPart}`;

/** A capability as a profile declares it. */
export interface Declaration {
  version: string;
  spec?: string;
  schema?: string;
  extends?: string | readonly string[];
}

/** What a release declares: everything in it has the release's own date. */
export function declarationsOf(version: UcpVersion): Record<CapabilityName, Declaration> {
  // Releases before 2026-08-25 have no folder for the service.
  const specs = version === "2026-04-08" ? "specification" : "specification/shopping";
  return Object.fromEntries(
    Object.entries(capabilities).map(([part, { spec, schema }]) => [
      `${SHOPPING}.${part}`,
      {
        version,
        spec: `https://ucp.dev/${version}/${specs}/${spec}`,
        schema: `https://ucp.dev/${version}/schemas/shopping/${schema}.json`,
      },
    ]),
  ) as Record<CapabilityName, Declaration>;
}
