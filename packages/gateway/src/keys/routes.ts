import { z } from "zod";
import { actions, type ListedAction } from "../access/index.ts";
import { byCaller } from "../audit/index.ts";
import { afterParameter, idParams, numeric, type Principal, type RouteDefinition, route, uuid } from "../http/index.ts";
import {
  adminKeyChanges,
  adminKeyCreation,
  keyRotation,
  orgKeyChanges,
  orgKeyCreation,
  wireKey,
  wireKeyPage,
  wireMintedKey,
} from "./fields.ts";
import { type ApiKey, type OwnKey, toWireKey, toWireOwnKey } from "./key.ts";
import type { KeyRegistry, Minted } from "./registry.ts";
import { KEY_PLACE } from "./store.ts";

export interface KeyFaceOptions {
  keys: KeyRegistry;
  /** An organization's own keys, which may do everything. */
  ownKeysOf(orgId: string): Promise<OwnKey[]>;
  /** That there is such an organization, for who may do this to it. @throws Problem 403, 404 */
  demandOrg(id: string, caller: Principal, action: ListedAction): Promise<unknown>;
}

const tag = { name: "Keys", description: "Further keys, each made for something, bounded, and ended when one likes" };
const keyId = uuid();
const page = z.object({
  limit: numeric(z.int().min(1).max(500)).default(100),
  before: afterParameter(KEY_PLACE).describe("`next` of the page before"),
});

/** Whose keys a group of routes is about. */
interface Holder {
  path: string;
  /** Inserted into the names of operations: `Org`, `Admin`. */
  names: { one: string; many: string };
  whose: string;
  params: z.ZodObject;
  read: ListedAction<"org" | "admin">;
  write: ListedAction<"org" | "admin">;
  creation: typeof orgKeyCreation;
  changes: typeof orgKeyChanges;
  refusals: Record<number, { description: string }>;
  /** Null for the admin's. @throws Problem 403, 404 */
  orgOf(params: unknown, caller: Principal, action: ListedAction): Promise<string | null>;
  /** What stands before all others in the list. */
  first(orgId: string | null): Promise<object[]>;
}

/** Further keys of organizations, and of the admin. */
export function keyRoutes({ keys, ownKeysOf, demandOrg }: KeyFaceOptions): RouteDefinition[] {
  return [
    ...routesOf(keys, {
      path: "/orgs/{id}/keys",
      names: { one: "OrgKey", many: "OrgKeys" },
      whose: "an organization's",
      params: idParams,
      read: actions.readKeys,
      write: actions.writeKeys,
      creation: orgKeyCreation,
      changes: orgKeyChanges,
      refusals: { 404: { description: "No such organization, or no such key of its" } },
      async orgOf(params, caller, action) {
        const { id } = params as z.output<typeof idParams>;
        await demandOrg(id, caller, action);
        return id;
      },
      first: async (orgId) => (await ownKeysOf(orgId!)).map(toWireOwnKey),
    }),
    ...routesOf(keys, {
      path: "/admin-keys",
      names: { one: "AdminKey", many: "AdminKeys" },
      whose: "the admin's",
      params: z.object({}),
      read: actions.readAdminKeys,
      write: actions.writeAdminKeys,
      creation: adminKeyCreation as unknown as typeof orgKeyCreation,
      changes: adminKeyChanges as unknown as typeof orgKeyChanges,
      refusals: { 404: { description: "No such key" } },
      orgOf: async () => null,
      first: async () => [],
    }),
  ];
}

function routesOf(keys: KeyRegistry, holder: Holder): RouteDefinition[] {
  const { path, names, whose, params, read, write, orgOf } = holder;
  const ofOne = { path: `${path}/{key_id}`, tag, params: params.extend({ key_id: keyId }) };
  const refusals = {
    403: {
      description: "The caller may not: for whose keys these are, or because a key may do more than the caller's",
    },
    ...holder.refusals,
  };
  const changing = { ...ofOne, method: "POST", action: write } as const;
  const wired = async (key: ApiKey) => toWireKey(key, (await keys.budgetStates([key]))[0]!);
  const minted = async ({ key, text }: Minted) => ({ ...(await wired(key)), key: text });
  const idIn = (given: unknown) => (given as { key_id: string }).key_id;
  return [
    route({
      method: "POST",
      path,
      action: write,
      tag,
      params,
      operationId: `create${names.one}`,
      summary: `Mint one more of ${whose} keys`,
      description:
        "Made for what its scopes name, and bounded by what else is said. Nobody gives a scope that his own key has not.",
      body: holder.creation,
      bodyExample: { name: "ci", scopes: ["tasks:call"], expires_in: 86_400 },
      responses: { 201: { description: "The key, shown this once", schema: wireMintedKey }, ...refusals },
      handler: async ({ params, body, caller, request }) =>
        minted(await keys.create(await orgOf(params, caller, write), body, byCaller(caller, request))),
    }),
    route({
      method: "GET",
      path,
      action: read,
      tag,
      params,
      query: page,
      operationId: `list${names.many}`,
      summary: `List ${whose} keys, newest first`,
      description:
        "What was minted never comes out again: keys are told apart by their names and last four characters.",
      responses: { 200: { description: "Keys", schema: wireKeyPage }, ...refusals },
      handler: async ({ params, query, caller }) => {
        const orgId = await orgOf(params, caller, read);
        const { keys: found, next } = await keys.list(orgId, query);
        const first = query.before === undefined ? await holder.first(orgId) : [];
        const states = await keys.budgetStates(found);
        return { entries: [...first, ...found.map((key, index) => toWireKey(key, states[index]!))], next };
      },
    }),
    route({
      ...ofOne,
      method: "GET",
      action: read,
      operationId: `get${names.one}`,
      summary: `Get one of ${whose} keys`,
      description: "What it may do, until when, and when it was last used.",
      responses: { 200: { description: "The key", schema: wireKey }, ...refusals },
      handler: async ({ params, caller }) => wired(await keys.get(await orgOf(params, caller, read), idIn(params))),
    }),
    route({
      ...ofOne,
      method: "PATCH",
      action: write,
      operationId: `update${names.one}`,
      summary: `Change one of ${whose} keys`,
      description: "Absent fields stay as they are, null takes a bound away. In force on every node within a second.",
      body: holder.changes,
      bodyExample: { rate_limit: 5 },
      responses: { 200: { description: "The key as it is now", schema: wireKey }, ...refusals },
      handler: async ({ params, body, caller, request }) => {
        const orgId = await orgOf(params, caller, write);
        return wired(await keys.update(orgId, idIn(params), body, byCaller(caller, request)));
      },
    }),
    route({
      ...ofOne,
      method: "DELETE",
      action: write,
      operationId: `delete${names.one}`,
      summary: `Delete one of ${whose} keys`,
      description: "It opens nothing on any node within a second.",
      responses: { 204: { description: "Gone" }, ...refusals },
      handler: async ({ params, caller, request }) =>
        keys.remove(await orgOf(params, caller, write), idIn(params), byCaller(caller, request)),
    }),
    route({
      ...changing,
      path: `${ofOne.path}/rotate`,
      operationId: `rotate${names.one}`,
      summary: `Mint one of ${whose} keys anew`,
      description:
        "The key before works beside the new one for `grace_seconds`; one that was still in its own grace ends.",
      body: keyRotation.prefault({}),
      bodyExample: { grace_seconds: 3600 },
      responses: { 200: { description: "The new key, shown this once", schema: wireMintedKey }, ...refusals },
      handler: async ({ params, body, caller, request }) => {
        const orgId = await orgOf(params, caller, write);
        return minted(await keys.rotate(orgId, idIn(params), body.grace_seconds, byCaller(caller, request)));
      },
    }),
    ...[true, false].map((isDisabled) => {
      const [verb, Verb] = isDisabled ? ["disable", "Disable"] : ["enable", "Enable"];
      return route({
        ...changing,
        path: `${ofOne.path}/${verb}`,
        operationId: `${verb}${names.one}`,
        summary: `${Verb} one of ${whose} keys`,
        description: isDisabled ? "It opens nothing until it is enabled again." : "It opens again what it did before.",
        responses: { 200: { description: "The key as it is now", schema: wireKey }, ...refusals },
        handler: async ({ params, caller, request }) => {
          const orgId = await orgOf(params, caller, write);
          const by = byCaller(caller, request);
          const key: ApiKey = await keys.setDisabled(orgId, idIn(params), isDisabled, by);
          return wired(key);
        },
      });
    }),
  ];
}
