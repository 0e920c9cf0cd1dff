import { z } from "zod";
import { actions } from "../access/index.ts";
import { byCaller } from "../audit/index.ts";
import { notFound, type RouteDefinition, route } from "../http/index.ts";
import { vendorNamesOf } from "./namespace.ts";
import { PROFILE_PATH, profileOf } from "./profile.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { ucpTag as tag } from "./ucp-route.ts";
import { currentVersion, isUcpVersion, type UcpVersion, ucpVersions } from "./versions.ts";

export interface ProfileRoutesOptions {
  keys: SigningKeys;
  publicUrl(): string;
  rootAgentId: string | undefined;
  gatewayVersion: string;
}

/** Platforms keep it so long at least. */
const CACHE_CONTROL = "public, max-age=300";

const profile = z
  .looseObject({
    ucp: z.looseObject({
      version: z.string(),
      services: z.record(z.string(), z.array(z.looseObject({ version: z.string(), transport: z.string() }))),
      capabilities: z.record(z.string(), z.array(z.looseObject({ version: z.string() }))),
      payment_handlers: z.record(z.string(), z.array(z.looseObject({ id: z.string(), version: z.string() }))),
    }),
  })
  .meta({ id: "UcpProfile", description: "What the gateway tells platforms of itself" });

const publicKeys = z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).meta({ id: "UcpSigningKeys" });

/** The profile, one for each earlier release, and what changes the keys in it. */
export function profileRoutes({
  keys,
  publicUrl,
  rootAgentId,
  gatewayVersion,
}: ProfileRoutesOptions): RouteDefinition[] {
  const render = async (version: UcpVersion, isLeaf: boolean) => {
    const url = publicUrl();
    const options = {
      url,
      names: vendorNamesOf(url),
      keys: await keys.published(),
      hasRootAgent: rootAgentId !== undefined,
    };
    return profileOf(version, isLeaf, { ...options, gatewayVersion });
  };
  const common = { method: "GET", action: actions.readCatalog, tag } as const;
  return [
    route({
      ...common,
      path: PROFILE_PATH,
      operationId: "getUcpProfile",
      summary: "Get the gateway's UCP profile",
      description: "Services, capabilities, payment handlers and keys, in the words of the current release.",
      responses: { 200: { description: "The profile", schema: profile } },
      handler: ({ reply }) => {
        reply.header("cache-control", CACHE_CONTROL);
        return render(currentVersion, false);
      },
    }),
    route({
      ...common,
      path: `${PROFILE_PATH}/{version}`,
      operationId: "getUcpVersionProfile",
      summary: "Get the UCP profile of one release",
      description:
        "The same in the words of a release that the profile names under `supported_versions`, or of the current one.",
      params: z.object({ version: z.string().meta({ enum: [...ucpVersions] }) }),
      responses: { 200: { description: "The profile", schema: profile }, 404: { description: "No such release" } },
      handler: ({ params: { version }, reply }) => {
        if (!isUcpVersion(version)) throw notFound("UCP version");
        reply.header("cache-control", CACHE_CONTROL);
        return render(version, true);
      },
    }),
    route({
      method: "POST",
      action: actions.manageSigningKeys,
      tag,
      path: "/ucp/keys/rotate",
      operationId: "rotateUcpKeys",
      summary: "Sign with the next key from now on",
      description:
        "The next key has been in the profile all the while, so that platforms have it; one more takes its place. The former key stays in the " +
        "profile until the next rotation.",
      responses: { 200: { description: "The keys in the profile, the one that signs first", schema: publicKeys } },
      handler: async ({ caller, request }) => ({ keys: await keys.rotate(byCaller(caller, request)) }),
    }),
  ];
}
