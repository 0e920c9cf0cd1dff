import { expect, onTestFinished, test } from "vitest";
import { createTimestamps, systemClock } from "../../runtime/index.ts";
import { createTestStorage, testEngines } from "../../storage/testing/index.ts";
import { APPROVED } from "../approval/approval.ts";
import { pricesOf } from "../skills/prices.ts";
import { AgentStore } from "../store.ts";
import type { McpServer } from "./mcp-server.ts";
import { McpServerStore } from "./server-store.ts";

test.for(testEngines())("tells of servers by pages of all, however few tell of changes, on %s", async (engine) => {
  const { storage, remove } = await createTestStorage(engine);
  onTestFinished(remove);
  const now = createTimestamps(systemClock)();
  const agents = new AgentStore(storage);
  const servers = new McpServerStore(storage);
  const common = { version: "1", description: "", tags: [], skills: [], prices: pricesOf({}), pricePerTask: 0n };
  for (let n = 0; n < 10; n++) {
    const id = `agent-${n}`;
    await agents.insert(
      {
        ...{ ...common, id, name: id, url: "http://a", webhookUrl: null, orgId: null, keyHash: null, deployed: false },
        ...{ timeoutMs: null, hasGrants: false, protocol: "mcp", protocolSetting: "auto", approval: APPROVED },
        ...{ visibility: "public", createdAt: now, updatedAt: now },
      },
      () => 100,
      async () => {},
    );
    const server: McpServer = {
      speech: { era: "legacy", version: "2025-11-25" },
      trust: "pin",
      session: "caller",
      ...{ agentId: id, url: "http://a", include: undefined },
      ...{ capabilities: { tools: n === 7 ? { listChanged: true } : {} } },
      ...{ skipped: [], listTtlMs: 60_000, probedAt: now, listedAt: now },
    };
    await storage.db.transaction().execute((trx) => servers.put(trx, server));
  }
  expect(await servers.telling(4, "")).toEqual({ ids: [], next: "agent-3" });
  expect(await servers.telling(4, "agent-3")).toEqual({ ids: ["agent-7"], next: "agent-7" });
  expect(await servers.telling(4, "agent-7")).toEqual({ ids: [], next: undefined });
});
