import { expect, test } from "vitest";
import { adminPrincipal, orgPrincipal } from "../access/index.ts";
import { keysIn } from "../keys/testing/index.ts";
import { hashKey, ManualClock } from "../runtime/index.ts";
import { createTestStorage } from "../storage/testing/index.ts";
import { Principals } from "./principals.ts";

test("a node that cannot see the others' changes trusts no key it remembers, but the admin's", async () => {
  const clock = new ManualClock();
  const database = await createTestStorage("sqlite", { clock });
  const { storage } = database;
  const principals = new Principals(storage, hashKey("admin-key"), keysIn(storage, clock));
  const org = { id: "o", name: "o", cost_per_invocation: 0n, tier: "free", created_at: 0n, updated_at: 0n };
  await storage.db.insertInto("orgs").values(org).execute();
  await storage.db
    .insertInto("org_keys")
    .values({ hash: hashKey("org-key"), org_id: "o", role: "primary", created_at: 0n })
    .execute();

  expect(await principals.find("org-key")).toEqual(orgPrincipal("o"));
  expect(principals.find("org-key")).toEqual(orgPrincipal("o"));
  storage.changes.close(); // no more polls: as when the database is away
  clock.advance(5_001);
  const asked = principals.find("org-key");
  expect(asked).toBeInstanceOf(Promise);
  expect(await asked).toEqual(orgPrincipal("o"));
  expect(principals.find("admin-key")).toEqual(adminPrincipal);
  await database.remove();
});
