import { actions, demandUse, scopeOf } from "../access/index.ts";
import { type Authenticate, invalidApiKey, notAuthenticated, type Principal } from "../http/index.ts";
import type { Admission, Looked, TaskCaller } from "../routing/index.ts";
import type { NetworkOf } from "../runtime/index.ts";

/** Who comes to the gateway's own address. */
export interface Guest {
  /** Undefined for one without a key. */
  caller: Principal | undefined;
  /** Whose cursors and tasks these are. */
  scope: string;
}

export interface DoorOptions {
  admission: Admission;
  authenticate: Authenticate;
  networkOf: NetworkOf;
  /** Whether those without a key see the free agents that ask for none. */
  isOpen: boolean;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SLUG = /^[a-z0-9-]{1,20}$/;

/** Lets callers in: rows 10 to 12 of the table of bad input. */
export class Door {
  readonly #options: DoorOptions;
  readonly #idOfSlug: (slug: string) => Promise<string | undefined>;

  /** @param idOfSlug the agent that is called so; it may be hidden from whoever asks */
  constructor(options: DoorOptions, idOfSlug: (slug: string) => Promise<string | undefined>) {
    this.#options = options;
    this.#idOfSlug = idOfSlug;
  }

  /** The agent of an address, by its id or its slug, as this caller sees it. @throws Problem 401, 403 or 404 */
  look(caller: TaskCaller, named: string): Promise<{ looked: Looked; caller: TaskCaller }> {
    const found = this.#idOf(named.toLowerCase());
    return typeof found === "string" ? this.#look(caller, found) : found.then((id) => this.#look(caller, id));
  }

  async #look(given: TaskCaller, agentId: string): Promise<{ looked: Looked; caller: TaskCaller }> {
    const caller = given.agentId === agentId ? given : { ...given, agentId };
    return { looked: await this.#options.admission.look(caller), caller };
  }

  /** Whoever comes to all agents' address. @throws Problem 401, or 403 for a key that was not made for this */
  async greet({ bearer, clientIp }: TaskCaller): Promise<Guest> {
    const { authenticate, networkOf, isOpen } = this.#options;
    if (bearer === undefined) {
      if (!isOpen) throw notAuthenticated();
      return { caller: undefined, scope: `ip:${networkOf(clientIp)}` };
    }
    const caller = await authenticate(bearer);
    if (!caller) throw invalidApiKey();
    demandUse(caller, actions.sendTasks, clientIp);
    return { caller, scope: scopeOf(caller) };
  }

  #idOf(named: string): string | Promise<string> {
    if (UUID.test(named)) return named;
    // What cannot be any agent's name is looked for all the same as what is none's.
    return SLUG.test(named) ? this.#idOfSlug(named).then((id) => id ?? NOBODY) : NOBODY;
  }
}

const NOBODY = "00000000-0000-0000-0000-000000000000";
