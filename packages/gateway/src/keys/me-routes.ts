import { z } from "zod";
import { actions, adminScopes, limitsOf, orgOf, orgScopes } from "../access/index.ts";
import { invalidApiKey, type Principal, type RouteDefinition, route } from "../http/index.ts";
import { wireKey } from "./fields.ts";
import { toWireKey } from "./key.ts";
import type { KeyRegistry } from "./registry.ts";

const wireMe = z
  .object({
    kind: z.enum(["admin", "org"]),
    org_id: z.uuid().nullable(),
    scopes: z.array(z.string()).describe("What the key may do: all that its kind may, or what it was made for"),
    key: wireKey.nullable().describe("Null for an organization's own key and for the admin key of the settings"),
  })
  .meta({ id: "Me" });

/** Who shows this key, and what it may do. */
export function meRoutes(keys: KeyRegistry): RouteDefinition[] {
  const scopesOf = (caller: Principal) => (orgOf(caller) === undefined ? adminScopes : orgScopes);
  return [
    route({
      method: "GET",
      path: "/me",
      action: actions.readMe,
      tag: { name: "Keys", description: "Further keys, each made for something, bounded, and ended when one likes" },
      operationId: "getMe",
      summary: "Get whose key this is and what it may do",
      description: "Any key may ask, whatever it was made for.",
      responses: { 200: { description: "The caller", schema: wireMe } },
      handler: async ({ caller }) => {
        const limits = limitsOf(caller);
        const orgId = orgOf(caller) ?? null;
        const key = limits && (await keys.find(orgId, limits.keyId));
        // Deleted a moment ago, which this node has not heard of yet.
        if (limits && !key) throw invalidApiKey();
        return {
          kind: orgId === null ? ("admin" as const) : ("org" as const),
          org_id: orgId,
          scopes: [...(limits?.scopes ?? scopesOf(caller))],
          key: key ? toWireKey(key, (await keys.budgetStates([key]))[0]!) : null,
        };
      },
    }),
  ];
}
