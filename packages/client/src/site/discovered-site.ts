import { clientStepPath, type Manifest, type SiteContract } from "@agentgate/protocol/site";
import type { CallOptions, Operation } from "./call-types.ts";
import type { ClientFlow, FlowsOf, IntentsOf, ServerFlow } from "./contract-types.ts";
import { FlowNotFoundError, IntentError, type SiteError, StepError } from "./errors.ts";
import { namedMembers } from "./named-members.ts";
import type { SiteCall, SiteConnection } from "./site-connection.ts";

/** A site and what it can do, as its manifest says. */
export class DiscoveredSite<Contract extends SiteContract = SiteContract> {
  /** Where the site was discovered; every request goes to this origin. */
  readonly url: string;
  readonly manifest: Manifest;
  /** `site.intents.search_products({ query: "headphones" })` */
  readonly intents: IntentsOf<Contract>;
  /** `site.flows.checkout.start()`, or `site.flows.track_order.steps.get_status({ … })` */
  readonly flows: FlowsOf<Contract>;
  readonly #connection: SiteConnection;

  /** @internal Sites come from `AgentClient.discover`. */
  constructor(connection: SiteConnection, manifest: Manifest) {
    this.#connection = connection;
    this.url = connection.base.href;
    this.manifest = manifest;
    this.intents = namedMembers(manifest.intents, this.intent.bind(this)) as IntentsOf<Contract>;
    this.flows = namedMembers(manifest.flows, this.flow.bind(this)) as FlowsOf<Contract>;
  }

  get name(): string {
    return this.manifest.name;
  }

  /** Calls an intent by name: for names that are known only at run time, or are no identifiers. */
  async call(intent: string, input?: unknown, options?: CallOptions): Promise<unknown> {
    return this.intent(intent)(input, options);
  }

  /** An intent by name. @throws {@link IntentError} `intent_not_found` */
  intent(name: string): Operation {
    const { intents, auth } = this.manifest;
    const found = this.#find("intent", name, intents, IntentError);
    return this.#operation({ ...found, auth: found.auth || auth, missing: "intent_not_found", path: found.endpoint });
  }

  /** A flow by name. @throws {@link FlowNotFoundError} `flow_not_found` */
  flow(name: string): ServerFlow & ClientFlow {
    const { flows, auth: siteAuth } = this.manifest;
    const flow = this.#find("flow", name, flows, FlowNotFoundError);
    const { steps } = flow;
    const auth = flow.auth || siteAuth;
    const open = async (sessionId?: string, options?: CallOptions) => {
      // Loaded by the first session: most sites need none.
      const { openSession } = await import("./flow-session.ts");
      return openSession(this.#connection, { ...flow, auth }, sessionId, options);
    };
    return {
      start: (options) => open(undefined, options),
      resume: (sessionId, options) => open(String(sessionId), options),
      steps: namedMembers(steps, (step) => {
        const found = this.#find("step", step, steps, StepError);
        const path = clientStepPath(name, step);
        return this.#operation({ ...found, auth: found.auth || auth, missing: "step_not_found", step, path });
      }),
    };
  }

  /** `<DiscoveredSite 'MyShop' intents=['search_products'] flows=['checkout']>` */
  toString(): string {
    const { name, intents, flows } = this.manifest;
    return `<DiscoveredSite '${name}' intents=${quoteNames(intents)} flows=${quoteNames(flows)}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #operation(call: SiteCall): Operation {
    const connection = this.#connection;
    const operation = (input?: unknown, options?: CallOptions) => connection.call(call, input, options);
    operation.stream = (input?: unknown, options?: CallOptions) => connection.stream(call, input, options);
    return operation;
  }

  #find<Entry extends Named>(what: string, name: string, known: readonly Entry[], Failure: typeof SiteError): Entry {
    const found = known.find((entry) => entry.name === name);
    if (found) return found;
    throw new Failure(`${what}_not_found`, `'${this.name}' has no ${what} '${name}', but ${quoteNames(known)}`);
  }
}

interface Named {
  readonly name: string;
}

function quoteNames(entries: readonly Named[]): string {
  return `[${entries.map(({ name }) => `'${name}'`).join(", ")}]`;
}
