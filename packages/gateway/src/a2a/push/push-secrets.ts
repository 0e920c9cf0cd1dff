import type { Sealer } from "../../runtime/index.ts";

const PURPOSE = "push secret";
const LENGTH_MAX = 200;

/**
 * What agents show when they notify: the agent's own id, sealed for one config. So who notifies is known, or known to be nobody,
 * before anything is looked up.
 */
export class PushSecrets {
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  mint(configId: string, agentId: string): string {
    return this.#sealer.seal(agentId, `${PURPOSE} ${configId}`);
  }

  /** Whose secret this is; undefined when it is not known to be this config's. */
  agentIdIn(secret: string, configId: string): string | undefined {
    if (secret.length > LENGTH_MAX) return undefined;
    try {
      return this.#sealer.open(secret, `${PURPOSE} ${configId}`);
    } catch {
      return undefined;
    }
  }
}
