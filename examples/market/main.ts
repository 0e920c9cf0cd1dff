/** `npm run example:market`: a gateway, three agents for sale, an agent that orders dinner from them by MCP, and what the ledger says of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMarket } from "./market.ts";
import { orderDinner } from "./order-dinner.ts";

interface Summary {
  total_spent: number;
  total_earned: number;
  transactions_as_payer: number;
}

const data = await mkdtemp(join(tmpdir(), "agentgate-market-"));
const market = await openMarket(data);
try {
  await orderDinner(market, console.log);
  const { buyer, seller, call } = market;
  const spent = await call<Summary>("GET", `/orgs/${buyer.id}/transactions/summary`, undefined, buyer.key);
  const earned = await call<Summary>("GET", `/orgs/${seller.id}/transactions/summary`, undefined, seller.key);
  const { ok } = await call<{ ok: boolean }>("GET", "/admin/ledger/verify");
  console.log("The ledger");
  console.log(`  the buyer has spent $${spent.total_spent} of its dollar, for ${spent.transactions_as_payer} calls`);
  console.log(`  the seller has earned $${earned.total_earned}, and the gateway the fees`);
  console.log(`  the books are ${ok ? "right" : "wrong"}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await market.close();
  await rm(data, { recursive: true });
}
