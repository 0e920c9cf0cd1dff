import { manifestPath } from "@agentgate/protocol/site";
import type { AuthPolicy } from "../auth/auth-policy.ts";
import { isTrue } from "../exchange/detect-agent.ts";
import type { Exchange, Reply } from "../exchange/exchange.ts";
import { errorReply, isSecret, jsonReply, toSiteError } from "../exchange/reply.ts";
import { matchRoute, nameOf, type Route, resourceMetadataPath } from "../exchange/route.ts";
import { SiteError } from "../exchange/site-error.ts";
import { buildManifest } from "../manifest/build-manifest.ts";
import { ManifestDocument } from "../manifest/manifest-document.ts";
import { after, isThenable, type MaybePromise } from "./after.ts";
import { CallerGone } from "./call.ts";
import { type Caller, identify } from "./caller.ts";
import type { CompiledFlow } from "./compiled-flow.ts";
import type { Operation } from "./operation.ts";
import type { Site } from "./site.ts";
import { baseUrlOf, SiteRequest } from "./site-request.ts";
import { runStateless } from "./stateless-call.ts";

/** How many base URLs of loopback hosts keep their own manifest. */
const documentsMax = 16;

/** The neutral core that every face stands on: an exchange in, a reply out. */
export class SiteHandler {
  readonly site: Site;
  readonly #documents = new Map<string, ManifestDocument>();

  constructor(site: Site) {
    this.site = site;
  }

  /** @returns `undefined`, at once, when the request is not for the agent API and belongs to the site's own routes */
  answer(exchange: Exchange): MaybePromise<Reply> | undefined {
    const route = this.#route(exchange);
    if (!route) return undefined;
    if (exchange.method === "OPTIONS" && !this.site.cors) return undefined;
    return this.#answer(route, exchange);
  }

  get prefix(): string {
    return this.site.prefix;
  }

  /** For faces without a next handler. */
  notFound(): Reply {
    const { prefix } = this;
    return errorReply(
      new SiteError("not_found", `There is nothing here. GET ${prefix}${manifestPath} lists what there is.`),
    );
  }

  /** The manifest under the given base URL. */
  document(baseUrl: string): ManifestDocument {
    let document = this.#documents.get(baseUrl);
    if (!document) {
      const manifest = buildManifest(this.site, baseUrl);
      const changes = this.site.changelog?.releases(manifest) ?? [];
      document = new ManifestDocument(changes.length ? { ...manifest, changes } : manifest, !this.site.protectManifest);
      if (this.#documents.size >= documentsMax) this.#documents.clear();
      this.#documents.set(baseUrl, document);
    }
    return document;
  }

  #route(exchange: Exchange): Route | undefined {
    const { path } = exchange;
    const { prefix, site } = this;
    if (path.startsWith(resourceMetadataPath)) {
      const ours = path === `${resourceMetadataPath}${prefix}` && site.policy.resourceMetadata;
      return ours ? { kind: "resource-metadata" } : undefined;
    }
    if (!path.startsWith(prefix)) return undefined;
    const inner = path.slice(prefix.length);
    const route = matchRoute(inner);
    if (route) return route;
    const root = inner === "/" || inner === "";
    if (root && site.manifestAtRoot && read.includes(exchange.method) && isTrue(exchange.header("x-agent-request"))) {
      return { kind: "manifest" };
    }
    return undefined;
  }

  #answer(route: Route, exchange: Exchange): MaybePromise<Reply> {
    const { cors } = this.site;
    if (cors && exchange.method === "OPTIONS") return cors.preflight(exchange, this.site);
    const reply = this.#attempt(route, exchange);
    return cors ? after(reply, (one) => ({ ...one, headers: { ...one.headers, ...cors.headers(exchange) } })) : reply;
  }

  #attempt(route: Route, exchange: Exchange): MaybePromise<Reply> {
    const refuse = (error: unknown) => {
      const visible = toSiteError(error);
      if (isSecret(visible) && !(error instanceof CallerGone)) this.site.report(error, nameOf(route));
      return errorReply(visible);
    };
    try {
      const reply = this.#dispatch(route, exchange);
      return isThenable(reply) ? reply.then(undefined, refuse) : reply;
    } catch (error) {
      return refuse(error);
    }
  }

  #dispatch(route: Route, exchange: Exchange): MaybePromise<Reply> {
    switch (route.kind) {
      case "manifest":
        return this.#manifest(exchange);
      case "resource-metadata":
        return this.#resourceMetadata(exchange);
      case "intent":
        return this.#intent(route.intent, exchange);
      case "start":
        return this.#start(this.#flow(route.flow), exchange);
      case "server-step":
        return this.#serverStep(this.#flow(route.flow), route.step, exchange);
      case "client-step":
        return this.#stateless(findStep(this.#flow(route.flow), route.step, "client"), exchange);
      case "session":
        return this.#session(this.#flow(route.flow), route.sessionId, exchange);
    }
  }

  async #manifest(exchange: Exchange): Promise<Reply> {
    allowMethods(exchange, read);
    const baseUrl = baseUrlOf(this.site, exchange);
    if (this.site.protectManifest) await this.#identify(exchange, this.site.policy, []);
    const reply = await this.document(baseUrl).reply(exchange);
    return this.site.manifestAtRoot ? { ...reply, headers: { ...reply.headers, vary: "X-Agent-Request" } } : reply;
  }

  #resourceMetadata(exchange: Exchange): Reply {
    allowMethods(exchange, read);
    const { policy, title } = this.site;
    const metadata = policy.resourceMetadata!(baseUrlOf(this.site, exchange), title);
    return jsonReply(200, exchange.method === "HEAD" ? "" : JSON.stringify(metadata), {
      "cache-control": "public, max-age=3600",
      "access-control-allow-origin": "*",
    });
  }

  #intent(name: string, exchange: Exchange): MaybePromise<Reply> {
    const intent = this.site.intents.get(name);
    if (intent) return this.#stateless(intent, exchange);
    throw new SiteError("intent_not_found", `There is no intent '${name}'. The manifest lists all.`);
  }

  #stateless(operation: Operation, exchange: Exchange): MaybePromise<Reply> {
    this.#admit(exchange, post);
    const { site } = this;
    return after(this.#callerOf(operation, exchange), (caller) => runStateless({ site, operation, exchange, caller }));
  }

  async #start(flow: CompiledFlow, exchange: Exchange): Promise<Reply> {
    if (flow.orchestration !== "server") {
      throw new SiteError(
        "flow_not_found",
        `Flow '${flow.name}' is client-orchestrated and has no sessions. Call its steps at /agent/flows/${flow.name}/steps/{step_name}.`,
      );
    }
    this.#admit(exchange, post);
    const entry = flow.steps.get(flow.graph.entry)!;
    const caller = await this.#callerOf(entry, exchange);
    const { startFlow } = await serverFlow();
    return startFlow({ site: this.site, flow, exchange, caller });
  }

  async #serverStep(flow: CompiledFlow, name: string, exchange: Exchange): Promise<Reply> {
    const step = findStep(flow, name, "server");
    this.#admit(exchange, post);
    const caller = await this.#callerOf(step, exchange);
    const sessionId = exchange.header("x-session-id");
    if (!sessionId) {
      throw new SiteError(
        "missing_header",
        `Send the header X-Session-ID with the session_id that POST /agent/flows/${flow.name}/start returned.`,
      );
    }
    const { runServerStep } = await serverFlow();
    return runServerStep({ site: this.site, flow, step, exchange, caller, sessionId });
  }

  async #session(flow: CompiledFlow, sessionId: string, exchange: Exchange): Promise<Reply> {
    this.#admit(exchange, read);
    const entry = flow.steps.get(flow.graph.entry)!;
    const { owner } = await this.#identify(exchange, entry.policy, []);
    const { findSession, viewSession } = await serverFlow();
    const session = await findSession(this.site.sessions, flow, sessionId, owner, this.site.now());
    return jsonReply(200, exchange.method === "HEAD" ? "" : JSON.stringify(viewSession(session)));
  }

  #flow(name: string): CompiledFlow {
    const flow = this.site.flows.get(name);
    if (flow) return flow;
    throw new SiteError("flow_not_found", `There is no flow '${name}'. The manifest lists all.`);
  }

  #admit(exchange: Exchange, methods: readonly string[]): void {
    allowMethods(exchange, methods);
    if (!this.site.requireAgentHeader || isTrue(exchange.header("x-agent-request"))) return;
    throw new SiteError("missing_header", `Send the header X-Agent-Request: true. It tells agents from browsers.`);
  }

  #callerOf(operation: Operation, exchange: Exchange): MaybePromise<Caller> {
    return this.#identify(exchange, operation.policy, operation.scopes);
  }

  #identify(exchange: Exchange, policy: AuthPolicy, scopes: readonly string[]): MaybePromise<Caller> {
    const request = new SiteRequest(this.site, exchange);
    return identify({ exchange, request, policy, scopes, verifier: this.site.verifier });
  }
}

let loading: Promise<typeof import("./server-flow.ts")> | undefined;
const serverFlow = () => {
  loading ??= import("./server-flow.ts");
  return loading;
};

const post = ["POST"];
const read = ["GET", "HEAD"];

function allowMethods(exchange: Exchange, methods: readonly string[]): void {
  if (methods.includes(exchange.method)) return;
  throw new SiteError("method_not_allowed", `Use ${methods[0]} here, not ${exchange.method.slice(0, 20)}.`, {
    headers: { allow: methods.join(", ") },
  });
}

function findStep(flow: CompiledFlow, name: string, addressed: "server" | "client"): Operation {
  const step = flow.steps.get(name);
  if (!step)
    throw new SiteError("step_not_found", `Flow '${flow.name}' has no step '${name}'. The manifest lists all.`);
  if (flow.orchestration === addressed) return step;
  const path = flow.orchestration === "server" ? "step" : "steps";
  throw new SiteError(
    "step_not_found",
    `Flow '${flow.name}' is ${flow.orchestration}-orchestrated. Call its steps at /agent/flows/${flow.name}/${path}/${name}.`,
  );
}
