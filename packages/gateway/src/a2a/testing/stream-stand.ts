import type { Config } from "../../config/index.ts";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { SteeredAgent } from "./steered-agent.ts";
import { openReader, type Reader } from "./stream-reader.ts";

/** A gateway with a steered agent behind it, and an organization that can pay. */
export interface StreamStand {
  gate: TestGateway;
  steered: SteeredAgent;
  /** The steered agent, for nothing. */
  free: string;
  /** The same for a dollar. */
  paid: string;
  payer: { id: string; key: string };
  wallet(): Promise<{ balance: number; held: number }>;
  /** Opens a stream of an agent. */
  open(id: string, key?: string | null, method?: string, params?: object): Promise<Reader>;
  close(): Promise<void>;
}

export async function startStreamStand(overrides: Partial<Config> = {}): Promise<StreamStand> {
  const gate = await startTestGateway("sqlite", { streamTimeoutMs: 300_000, ...overrides });
  const steered = await new SteeredAgent().start();
  const card_url = steered.cardUrl;
  const free = (await gate.register({ card_url })).id;
  const paid = (await gate.register({ card_url, price_per_task: 1 })).id;
  const payer = await gate.createOrg("payer", { rate_limit: 1e6, rate_burst: 1e6 });
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1000 });
  return {
    gate,
    steered,
    free,
    paid,
    payer,
    async wallet() {
      const { balance, held } = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
      return { balance, held };
    },
    open: (id, ...how) => openReader(`${gate.url}/agents/${id}`, ...how),
    async close() {
      await gate.close();
      await steered.agent.close();
    },
  };
}
