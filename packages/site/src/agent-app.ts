import type { HasContract, Manifest, OperationContract, Orchestration } from "@agentgate/protocol/site";
import type { AuthPolicy, AuthRequest } from "./auth/auth-policy.ts";
import type { Flow } from "./define/flow.ts";
import { type Intent, type IntentOptions, intent } from "./define/intent.ts";
import { checkName } from "./define/names.ts";
import { RegistrationError } from "./define/registration-error.ts";
import type { Step } from "./define/step.ts";
import type { AgentVerifier } from "./engine/caller.ts";
import { compileFlow } from "./engine/compiled-flow.ts";
import { compileOperation } from "./engine/operation.ts";
import type { Cors, Site } from "./engine/site.ts";
import { SiteHandler } from "./engine/site-handler.ts";
import { respond, toResponse } from "./faces/fetch.ts";
import type { Changelog } from "./manifest/changelog.ts";
import type { Application, MountOptions } from "./mount-options.ts";
import type { AnyOutput, NoInput } from "./schema/empty-schemas.ts";
import type { InferInput, InferOutput, Schema } from "./schema/standard-schema.ts";
import { chooseStores } from "./sessions/choose-stores.ts";
import type { SessionStore } from "./sessions/flow-session.ts";
import type { PlainSessionStore } from "./sessions/plain-session-store.ts";

// biome-ignore lint/suspicious/noExplicitAny: a bound that every intent meets
type Intents = Record<string, Intent<any, any>>;
// biome-ignore lint/suspicious/noExplicitAny: a bound that every flow meets
type Flows = Record<string, Flow<string, Record<string, Step<any, any, any>>, Orchestration>>;

type TypesOf<T> = T extends { readonly "~types"?: { readonly input: infer I; readonly output: infer O } }
  ? OperationContract<I, O>
  : never;

/** What clients may know of a site at compile time. */
export interface ContractOf<I, F> {
  readonly intents: { readonly [K in keyof I]: TypesOf<I[K]> };
  readonly flows: {
    readonly [K in keyof F]: F[K] extends Flow<string, infer S, infer M>
      ? { readonly orchestration: M; readonly steps: { readonly [N in keyof S]: TypesOf<S[N]> } }
      : never;
  };
}

export interface AgentAppOptions<I extends Intents = Intents, F extends Flows = Flows> {
  /** Name of the site, as agents see it. */
  readonly title: string;
  /** What an agent can do here, in a sentence. */
  readonly description?: string | undefined;
  /** Version of the site's agent API. Default `1.0`. */
  readonly version?: string | undefined;
  /** How callers prove who they are. A site open to anyone says so: `none()`. */
  readonly auth: AuthPolicy;
  /** Where the site is reached, for example `https://myshop.com`. A path in it is the prefix of every route. */
  readonly baseUrl?: string | undefined;
  /** Path before every route, as requests arrive here. Default: the path of `baseUrl`; `""` behind a proxy that strips it. */
  readonly pathPrefix?: string | undefined;
  readonly intents?: I | undefined;
  readonly flows?: F | undefined;
  /** Default: this process' memory. A store of three methods is used through `plainSessionStore`. */
  readonly sessionStore?: SessionStore | PlainSessionStore | undefined;
  /** Fills `context.agent`: `webBotAuth(…)`. */
  readonly agentVerifier?: AgentVerifier | undefined;
  /**
   * The network address of a caller, where the server does not know it or knows a proxy's: from a header that your proxy
   * sets itself, such as `({ header }) => header("cf-connecting-ip")`. Sessions and keyed calls of callers without
   * credentials take the share of their address. Default: what the server, or the framework, says.
   */
  readonly clientAddress?: ((request: AuthRequest) => string | undefined) | undefined;
  /** Lets web pages call the site: `allowOrigins([…])`. Default: none may. */
  readonly cors?: Cors | undefined;
  /** Largest body, in bytes. Default 1 MiB. */
  readonly bodyBytesMax?: number | undefined;
  /** Refuse calls without `X-Agent-Request: true`, which also keeps foreign web pages out. Default true. */
  readonly requireAgentHeader?: boolean | undefined;
  /** Answer `GET /` with the manifest when `X-Agent-Request: true` is sent. Default true. */
  readonly manifestAtRoot?: boolean | undefined;
  /** Ask for credentials before showing the manifest. Default false. */
  readonly protectManifest?: boolean | undefined;
  /** Makes the `changes` of the manifest: `changelog(previousManifest)` from `@agentgate/site/changelog`. */
  readonly changelog?: Changelog | undefined;
  /** Gets every error whose cause agents do not see, and where it happened: `intent "refund"`. Default: `console.error`. */
  readonly onError?: ((error: unknown, operation: string) => void) | undefined;
  /** Gets hints for developers. Default: `console.warn`, unless NODE_ENV is production or test. */
  readonly onWarning?: ((warning: string) => void) | undefined;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: (() => number) | undefined;
}

/** Makes a website callable by agents: define intents and flows, then mount it in the existing server. */
// biome-ignore lint/complexity/noBannedTypes: no intents yet
export class AgentApp<I extends Intents = {}, F extends Flows = {}> implements HasContract<ContractOf<I, F>> {
  declare readonly "~contract"?: ContractOf<I, F>;
  readonly #options: AgentAppOptions<I, F>;
  readonly #intents = new Map<string, Intent>();
  readonly #flows = new Map<string, Flow>();
  #handler: SiteHandler | undefined;

  constructor(options: AgentAppOptions<I, F>) {
    this.#options = options;
    for (const [name, one] of Object.entries(options.intents ?? {})) this.#addIntent(name, one);
    for (const [name, one] of Object.entries(options.flows ?? {})) {
      if (name !== one.name)
        throw new RegistrationError(`flow "${one.name}" is listed as "${name}". Use one name for both.`);
      this.#addFlow(one);
    }
  }

  /** Adds a single-step, stateless capability. */
  intent<const N extends string, A extends Schema = NoInput, B extends Schema = AnyOutput>(
    name: N,
    options: IntentOptions<A, B>,
  ): AgentApp<I & { readonly [K in N]: Intent<InferInput<A>, InferOutput<B>> }, F> {
    this.#addIntent(name, intent(options));
    return this as never;
  }

  /** Adds a multi-step workflow. */
  // biome-ignore lint/suspicious/noExplicitAny: a bound that every step meets
  flow<const N extends string, S extends Record<string, Step<any, any, any>>, M extends Orchestration>(
    definition: Flow<N, S, M>,
  ): AgentApp<I, F & { readonly [K in N]: Flow<N, S, M> }> {
    this.#addFlow(definition);
    return this as never;
  }

  /**
   * Mounts the site in the existing server: `await app.mount(server, { baseUrl: "https://myshop.com" })`. The frameworks'
   * subpaths (`@agentgate/site/express` …) have a `mount` each, which does the same at once.
   * @throws RegistrationError that says how to fix it
   */
  async mount(server: Application, options?: MountOptions): Promise<void> {
    this.handler(options);
    const { mount } = await import("./faces/mount.ts");
    await mount(server, this, options);
  }

  /** The manifest under the configured base URL. */
  get manifest(): Manifest {
    const { baseUrl } = this.handler().site;
    return this.handler().document(baseUrl ?? "http://localhost").manifest;
  }

  /**
   * Answers a request; what is not for the agent API gets 404. Bound, so `export default app` works on Workers, Bun and Deno.
   * @param server what Bun and Deno hand on beside the request: it knows the caller's address
   */
  readonly fetch = async (request: Request, server?: unknown): Promise<Response> =>
    (await this.respond(request, server)) ?? toResponse(this.handler().notFound(), request.method);

  /** Answers a request for the agent API; `undefined` for the site's own routes. */
  readonly respond = (request: Request, server?: unknown): Promise<Response | undefined> =>
    respond(this.handler(), request, server);

  /**
   * The core that the faces stand on. The first call checks and converts every definition; afterwards nothing can be added.
   * @throws RegistrationError that says how to fix it
   */
  handler(mount: MountOptions = {}): SiteHandler {
    const baseUrl = normalizeBaseUrl(mount.baseUrl ?? this.#options.baseUrl);
    if (!this.#handler) {
      this.#handler = new SiteHandler(this.#compile(baseUrl, mount.pathPrefix));
      this.#warn(this.#handler);
    } else if (mount.baseUrl !== undefined && baseUrl !== this.#handler.site.baseUrl) {
      throw new RegistrationError(
        `The site serves ${this.#handler.site.baseUrl ?? "no base URL"} already and cannot be mounted as ${baseUrl}. Mount it once.`,
      );
    }
    return this.#handler;
  }

  #addIntent(name: string, one: Intent): void {
    this.#checkOpen();
    checkName("intent", name);
    if (this.#intents.has(name)) throw new RegistrationError(`intent "${name}" is defined twice. Rename one of them.`);
    this.#intents.set(name, one);
  }

  #addFlow(one: Flow): void {
    this.#checkOpen();
    if (one?.kind !== "flow") throw new RegistrationError('Give what flow() makes: app.flow(flow("checkout", { … })).');
    if (this.#flows.has(one.name))
      throw new RegistrationError(`flow "${one.name}" is defined twice. Rename one of them.`);
    this.#flows.set(one.name, one);
  }

  #checkOpen(): void {
    if (this.#handler)
      throw new RegistrationError("The site is mounted already. Define every intent and flow before you mount it.");
  }

  #compile(baseUrl: string | undefined, prefix = this.#options.pathPrefix): Site {
    const options = this.#options;
    const { title, auth: policy, now = Date.now } = options;
    if (!title?.trim()) throw new RegistrationError('The site needs a title: new AgentApp({ title: "MyShop", … }).');
    if (typeof policy?.authenticate !== "function") {
      throw new RegistrationError(
        `"${title}" has no auth. Pass apiKey(…), bearer(…) or oauth2(…), or auth: none() if anyone may call it.`,
      );
    }
    const operations = [...this.#intents].map(
      ([name, one]) =>
        [name, compileOperation(one.options, { name, label: `intent "${name}"`, sitePolicy: policy })] as const,
    );
    return {
      title,
      description: options.description ?? "",
      version: options.version ?? "1.0",
      policy,
      intents: new Map(operations),
      flows: new Map([...this.#flows].map(([name, one]) => [name, compileFlow(one, policy)])),
      ...chooseStores(options.sessionStore, { now }),
      baseUrl,
      prefix: (prefix ?? (baseUrl ? new URL(baseUrl).pathname : "")).replace(/\/+$/, ""),
      changelog: options.changelog,
      verifier: options.agentVerifier,
      clientAddress: options.clientAddress,
      cors: options.cors,
      bodyBytesMax: options.bodyBytesMax ?? 1_048_576,
      requireAgentHeader: options.requireAgentHeader ?? true,
      manifestAtRoot: options.manifestAtRoot ?? true,
      protectManifest: options.protectManifest ?? false,
      now,
      report: options.onError ?? ((error, operation) => console.error(`agentgate: ${operation} failed:`, error)),
    };
  }

  #warn(handler: SiteHandler): void {
    const environment = environmentName();
    const quiet = environment === "production" || environment === "test";
    const warn = this.#options.onWarning ?? (quiet ? undefined : (text: string) => console.warn(`agentgate: ${text}`));
    if (!warn) return;
    const { baseUrl, changelog } = handler.site;
    const { manifest } = handler.document(baseUrl ?? "http://localhost");
    for (const warning of changelog?.warnings(manifest) ?? []) warn(warning);
    // Loaded for developers only, so that production does not carry it.
    void import("./manifest/description-quality.ts").then(({ findPoorDescriptions }) => {
      for (const warning of findPoorDescriptions(manifest)) warn(warning);
    });
  }
}

function normalizeBaseUrl(baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined) return undefined;
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new RegistrationError(
      `baseUrl "${baseUrl}" must be a URL like https://myshop.com, without user, query or fragment.`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

const environmentName = () =>
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV;
