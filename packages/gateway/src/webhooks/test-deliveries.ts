import { Problem } from "../http/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Announcer } from "./announcer.ts";
import type { Delivery } from "./deliveries.ts";
import type { Endpoint } from "./endpoint.ts";
import { TEST_EVENT } from "./event.ts";

/** Tells an endpoint something, to see whether it hears. */
export class TestDeliveries {
  readonly #storage: Storage;
  readonly #announcer: Announcer;
  readonly #hurry: (delivery: Delivery) => void;

  constructor(options: { storage: Storage; announcer: Announcer; hurry(delivery: Delivery): void }) {
    this.#storage = options.storage;
    this.#announcer = options.announcer;
    this.#hurry = options.hurry;
  }

  /** @throws Problem 409 for one that is disabled, 429 when too much waits already */
  async send(endpoint: Endpoint): Promise<Delivery> {
    const { id, agentId, disabledReason } = endpoint;
    if (disabledReason !== null)
      throw new Problem(409, `The endpoint is disabled (${disabledReason}); enable it first`, {
        code: "endpoint_disabled",
      });
    const row = this.#announcer.rowTo(endpoint, TEST_EVENT, { endpoint_id: id, agent_id: agentId });
    const insert = this.#storage.db.insertInto("webhook_deliveries").values(row).returningAll();
    const delivery = await insert.executeTakeFirstOrThrow();
    this.#hurry(delivery);
    return delivery;
  }
}
