import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeSecrets } from "../change-secrets.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";

describe.each(testEngines())("who changed what, on %s", (engine) => {
  let gate: TestGateway;
  let acme: { id: string; key: string };
  let globex: { id: string; key: string };
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    acme = await gate.createOrg("Acme");
    globex = await gate.createOrg("=Globex()");
  });
  afterAll(() => gate.close());

  const list = async (query = "", key?: string, path = "/audit") =>
    (await gate.call("GET", `${path}?${query}`, undefined, key)).body;
  const latest = async (query = "") => (await list(`limit=1&${query}`)).entries[0];

  test("a row says when, who, what, on what, before and after, from where and with which request", async () => {
    const { headers } = await gate.call("PUT", `/orgs/${acme.id}`, { name: "Acme II", rate_limit: 5 }, acme.key);
    const row = await latest();
    expect(row).toMatchObject({
      actor: { kind: "org", key_id: null, name: null, org_id: acme.id },
      action: "org.changed",
      org_id: acme.id,
      target: { kind: "org", id: acme.id, name: "Acme II" },
      changes: [
        { field: "name", before: "Acme", after: "Acme II" },
        { field: "rate_limit", before: null, after: 5 },
      ],
      request_id: headers.get("x-request-id"),
      ip: "127.0.0.1",
    });
    expect(Math.abs(Date.parse(row.at) - Date.now())).toBeLessThan(60_000);
    await gate.call("PUT", `/orgs/${acme.id}`, { rate_limit: 5 }, acme.key);
    expect((await latest()).id, "nothing was changed").toBe(row.id);
  });

  test("an organization sees what concerns it, and of the admin neither key nor address", async () => {
    await gate.call("POST", `/orgs/${acme.id}/topup`, { amount: 12.5 });
    const { entries } = await list("", acme.key, `/orgs/${acme.id}/audit`);
    expect(entries.map(({ action }: any) => action)).toEqual(["wallet.topped_up", "org.changed", "org.created"]);
    expect(entries.every((entry: any) => entry.org_id === acme.id && entry.chain === undefined)).toBe(true);
    expect(entries[0]).toMatchObject({ actor: { kind: "admin", key_id: null, name: null }, ip: null });
    expect(entries[0].changes).toEqual([{ field: "balance", before: 0, after: 12.5 }]);
    expect((await latest(`org_id=${acme.id}`)).ip).toBe("127.0.0.1");
    expect((await gate.call("GET", `/orgs/${globex.id}/audit`, undefined, acme.key)).status).toBe(403);
    expect((await gate.call("GET", "/audit", undefined, acme.key)).status).toBe(401);
  });

  test("the admin sees the link that each row has in the chain, once it is sealed", async () => {
    const keeping = await gate.another();
    await keeping.gateway.start();
    const links = async () => (await list("limit=500")).entries.map(({ chain }: any) => chain);
    await expect.poll(links, { timeout: 60_000 }).not.toContain(null);
    const [last, before] = (await links()).sort((a: any, b: any) => b.seq - a.seq);
    expect(last).toEqual({ seq: before.seq + 1, prev: before.hash, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    await keeping.gateway.close(0);
  });

  test("filters narrow the list, and pages follow each other without a gap", async () => {
    const all = (await list("limit=500")).entries;
    const paged = [];
    for (let before = ""; ; ) {
      const { entries, next } = await list(`limit=1${before && `&before=${before}`}`);
      paged.push(...entries);
      if (next === null) break;
      before = next;
    }
    expect(paged).toEqual(all);
    const ids = async (query: string) => (await list(query)).entries.map(({ id }: any) => id);
    const where = (holds: (entry: any) => boolean) => all.filter(holds).map(({ id }: any) => id);
    expect(await ids("action=org.created")).toEqual(where(({ action }) => action === "org.created"));
    expect(await ids("action=org.")).toEqual(where(({ action }) => action.startsWith("org.")));
    expect(await ids("actor=admin")).toEqual(where(({ actor }) => actor.kind === "admin"));
    expect(await ids(`actor=${acme.id}`)).toEqual(where(({ actor }) => actor.org_id === acme.id));
    expect(await ids(`target=${globex.id}`)).toEqual(where(({ target }) => target.id === globex.id));
    expect(await ids(`org_id=${globex.id}&actor=org`)).toEqual([]);
    const { at, request_id } = all[1];
    expect(await ids(`from=${at}`)).toEqual(where((entry) => entry.at >= at));
    expect(await ids(`to=${at}`)).toEqual(where((entry) => entry.at < at));
    expect(await ids(`request_id=${request_id}`)).toEqual([all[1].id]);
    expect((await gate.call("GET", "/audit?before=x")).status).toBe(422);
  });

  test("all of it comes out in lines and in cells that no spreadsheet runs, oldest first", async () => {
    const all = (await list("limit=500")).entries.toReversed();
    const lines = await gate.call("GET", "/audit?format=ndjson");
    expect(lines.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    const read = (lines.body as string).trimEnd().split("\n");
    expect(read.map((line) => JSON.parse(line).id)).toEqual(all.map(({ id }: any) => id));
    const csv = await gate.call("GET", `/orgs/${globex.id}/audit?format=csv`, undefined, globex.key);
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(csv.headers.get("content-disposition")).toBe('attachment; filename="audit.csv"');
    expect(csv.body).toMatch(/^id,at,actor_kind,.*\r\n.*,org.created,.*,'=Globex\(\),/);
  });
});

test("who is not let administer is counted each minute, by what was wrong and by whose key or from where", async () => {
  const gate = await startTestGateway();
  const org = await gate.createOrg("Acme");
  const key = (await gate.call("POST", `/orgs/${org.id}/keys`, { name: "k", scopes: ["tasks:call"] }, org.key)).body;
  for (let n = 0; n < 3; n++) await gate.call("GET", "/admin-keys", undefined, "nobodys-key");
  await gate.call("POST", "/agents/", { name: "a", url: "http://127.0.0.1" }, key.key);
  await gate.call("PUT", `/orgs/${(await gate.createOrg("Other")).id}`, { rate_limit: 1 }, org.key);
  await gate.call("GET", "/audit", undefined, org.key);
  // Not administration, or no refusal.
  await gate.call("GET", `/orgs/${org.id}`, undefined, "nobodys-key");
  await gate.call("POST", "/agents/", {}, org.key);
  expect((await gate.call("GET", "/audit?action=access.refused")).body.entries).toEqual([]);
  gate.clock.skip(60_001);
  const rows = async () => (await gate.call("GET", "/audit?action=access.refused")).body.entries;
  await expect.poll(async () => (await rows()).length).toBeGreaterThan(0);
  const counted = (await rows()).map(({ target, changes }: any) => [
    target.id,
    Object.fromEntries(changes.map(({ field, after }: any) => [field, after])),
  ]);
  expect(Object.fromEntries(counted)).toEqual({
    invalid_api_key: { "127.0.0.1": 3, [`org ${org.id}`]: 1 },
    insufficient_scope: { [`key ${key.id}`]: 1 },
    forbidden: { [`org ${org.id}`]: 1 },
  });
  await gate.close();
});

test("however many are refused, so much is written", async () => {
  const gate = await startTestGateway("sqlite", { trustedProxies: ["127.0.0.1"] });
  const from = (n: number) =>
    fetch(`${gate.url}/admin-keys`, { headers: { authorization: "Bearer x", "x-forwarded-for": `198.51.100.${n}` } });
  for (let n = 0; n < 30; n++) expect((await from(n)).status).toBe(401);
  gate.clock.skip(60_001);
  const rows = async () => (await gate.call("GET", "/audit?action=access.refused")).body.entries;
  await expect.poll(async () => (await rows()).length).toBe(1);
  const [{ changes }] = await rows();
  expect(changes).toHaveLength(21);
  expect(changes.find(({ field }: any) => field === "others").after).toBe(10);
  await gate.close();
});

test("the key that a first start mints, and secrets that are sealed anew, are the gateway's own doing", async () => {
  const gate = await startTestGateway("sqlite", { apiKey: undefined });
  const key = gate.gateway.mintedAdminKey!;
  const { id } = (await gate.call("POST", "/agents/", { name: "a", url: "http://127.0.0.1", protocol: "plain" }, key))
    .body;
  await gate.call("PUT", `/agents/${id}/credentials`, { type: "bearer", token: "t" }, key);
  await changeSecrets(gate.config);
  const { entries } = (await gate.call("GET", "/audit?actor=gateway", undefined, key)).body;
  expect(entries.map(({ action, changes }: any) => [action, changes])).toEqual([
    [
      "secrets.resealed",
      expect.arrayContaining([{ field: "sealed anew: agents' credentials", before: null, after: 1 }]),
    ],
    ["admin_key.minted", [{ field: "key", before: null, after: expect.stringMatching(/^sha256:[0-9a-f]{8}$/) }]],
  ]);
  expect(JSON.stringify(entries)).not.toContain(key);
  await gate.close();
});
