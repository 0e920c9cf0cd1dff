import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actions, adminScopes, orgScopes } from "../packages/gateway/src/access/index.ts";
import {
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../packages/gateway/src/testing/index.ts";

/**
 * Who may do what, tried on the running gateway: every operation of its document with every kind of key. What is expected follows from
 * the table of actions, so an operation that is added is tried by itself.
 */

/** What operations cannot do without in their query. */
const QUERY: Record<string, string> = { month: "2026-11", by: "agent" };
const ABSENT = "00000000-0000-4000-8000-00000000dead";

interface Operation {
  operationId: string;
  method: string;
  path: string;
  "x-action": string;
  security: object[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, { example?: unknown }> };
}

/** Of what is done in several ways, the stricter one: which it is here, the document's lock says. */
const rights = new Map<string, string>(
  Object.values(actions)
    .filter(({ right }) => right !== "anyone")
    .map(({ name, right }) => [name, right]),
);
const rightOf = ({ security, "x-action": action }: Operation) =>
  security.every((way) => Object.keys(way).length > 0) && security.length > 0 ? rights.get(action) : "anyone";
const blueprint = await startTestGateway();
const { paths } = (await blueprint.call("GET", "/openapi.json", undefined, null)).body;
await blueprint.close();
const operations = Object.entries<any>(paths).flatMap(([path, methods]) =>
  Object.entries<any>(methods).map(([method, page]): Operation => ({ ...page, path, method: method.toUpperCase() })),
);
const allowedTo = (right: string) =>
  operations
    .filter((operation) => rightOf(operation) === right)
    .map((operation) => [`${operation.method} ${operation.path}`, operation] as const);

let gate: TestGateway;
let agent: TestAgent;
let owner: { id: string; key: string };
let other: { id: string; key: string };
let agentId: string;
/** Keys that open nothing any more, whose they were, and what is said of them. */
const ended: { key: string; whose: "owner" | "admin"; code: string }[] = [];
beforeAll(async () => {
  [gate, agent] = await Promise.all([startTestGateway(), startAgent()]);
  owner = await gate.createOrg("Owner");
  other = await gate.createOrg("Other");
  agentId = (await gate.register({ name: "own", url: agent.url }, owner.key)).id;
  for (const whose of ["owner", "admin"] as const) {
    const path = pathOfKeys(whose);
    const fields = { name: "ended", scopes: ["*"] };
    const disabled = (await gate.call("POST", path, fields)).body;
    await gate.call("POST", `${path}/${disabled.id}/disable`);
    const expiring = (await gate.call("POST", path, { ...fields, expires_in: 1 })).body;
    ended.push({ key: disabled.key, whose, code: "key_disabled" }, { key: expiring.key, whose, code: "key_expired" });
  }
  gate.clock.skip(1_001);
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const pathOfKeys = (whose: "owner" | "admin") => (whose === "admin" ? "/admin-keys" : `/orgs/${owner.id}/keys`);

/** A key of the owner's, or of the admin's, that was made for everything but this action. */
async function keyWithout(action: string, whose: "owner" | "admin"): Promise<string> {
  const scopes = (whose === "admin" ? adminScopes : orgScopes).filter((scope) => scope !== action);
  const { status, body } = await gate.call("POST", pathOfKeys(whose), { name: `not ${action}`, scopes });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.key;
}

interface Ids {
  agent: string;
  org: string;
}

/** A call that its owner would have an answer to. */
const call = ({ method, path, parameters, requestBody }: Operation, key: string | null | undefined, ids: Ids) => {
  const of = path.startsWith("/orgs/") ? ids.org! : ids.agent!;
  const asked = parameters.filter((parameter) => parameter.in === "query" && parameter.required);
  const query = new URLSearchParams(Object.fromEntries(asked.map(({ name }) => [name, QUERY[name]!])));
  const url = `${path.replace(/\{\w+\}/g, of)}?${query}`;
  return gate.call(method, url, requestBody?.content["application/json"]?.example, key);
};
const own = (): Ids => ({ agent: agentId, org: owner.id });
const absent: Ids = { agent: ABSENT, org: ABSENT };

test("every operation's action is in the table", () => {
  expect(operations.length).toBeGreaterThan(50);
  const names = new Set<string>(Object.values(actions).map(({ name }) => name));
  expect(operations.filter((operation) => !names.has(operation["x-action"]) || !rightOf(operation))).toEqual([]);
});

describe.each([...allowedTo("owner"), ...allowedTo("admin")])("%s", (_, operation) => {
  test("asks for a key that somebody has", async () => {
    for (const ids of [own(), absent]) {
      expect(await call(operation, null, ids)).toMatchObject({ status: 401, body: { detail: "Not authenticated" } });
      const nobodys = await call(operation, "ag_org_nobody", ids);
      expect(nobodys).toMatchObject({ status: 401, body: { detail: "Invalid API key", code: "invalid_api_key" } });
    }
  });
});

describe.each([...allowedTo("owner"), ...allowedTo("admin")])("%s", (_, operation) => {
  const { "x-action": action } = operation;
  const isAdmins = rightOf(operation) === "admin";
  const scopes = isAdmins ? adminScopes : orgScopes;

  test("is shut to keys that have ended, and says how", async () => {
    for (const { key, whose, code: said } of ended) {
      // Of what is the admin's, an organization's key says nothing, whatever became of it.
      const code = isAdmins && whose === "owner" ? "invalid_api_key" : said;
      expect(await call(operation, key, own())).toMatchObject({ status: 401, body: { code } });
      expect(await call(operation, key, absent)).toMatchObject({ status: 401, body: { code } });
    }
  });

  test.runIf(scopes.includes(action))("is shut to keys that were made for all but this, and names it", async () => {
    const kinds = isAdmins ? (["admin"] as const) : (["owner", "admin"] as const);
    for (const whose of kinds) {
      const key = await keyWithout(action, whose);
      for (const ids of [own(), absent]) {
        const { status, body } = await call(operation, key, ids);
        expect([status, body.code, body.detail]).toEqual([403, "insufficient_scope", expect.stringContaining(action)]);
      }
    }
  });
});

describe.each(allowedTo("admin"))("%s", (_, operation) => {
  test("is shut to organizations, as if their key were nobody's", async () => {
    for (const ids of [own(), absent]) {
      const { status, body } = await call(operation, owner.key, ids);
      expect([status, body.detail]).toEqual([401, "Invalid API key"]);
    }
  });
});

describe.each(allowedTo("owner").filter(([, { path }]) => path.includes("{")))("%s", (_, operation) => {
  test("is shut to other organizations, and says nothing of what there is not", async () => {
    const { status, body } = await call(operation, other.key, own());
    // Reviews are for others; whether one has called the agent is another question.
    if (operation.operationId !== "reviewAgent") expect([403, 404], JSON.stringify(body)).toContain(status);
    const isOrgs = operation.path.startsWith("/orgs/");
    expect((await call(operation, other.key, absent)).status).toBe(isOrgs ? 403 : 404);
    expect((await call(operation, undefined, absent)).status).toBe(404);
  });
});
