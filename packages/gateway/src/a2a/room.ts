import type { CardFormat } from "@agentgate/protocol/a2a";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { orgScope } from "../access/index.ts";
import type { Agent, AgentCards, AgentCredentials, AgentRegistry } from "../agents/index.ts";
import type { HttpRoom, OperationDoc, Problem, RouteDefinition } from "../http/index.ts";
import { type Leases, Retention } from "../leases/index.ts";
import type { OrgsRoom } from "../orgs/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { OutboxLimits } from "../outbox/index.ts";
import { A2AClient, type AgentProtocol, type RoutingRoom } from "../routing/index.ts";
import type { Clock, Log, NetworkOf, Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Tracing } from "../telemetry/index.ts";
import { CardPages } from "./card-pages.ts";
import { cardRoutes } from "./card-routes.ts";
import { CardSigner } from "./card-signer.ts";
import { ExtendedCards } from "./extended-cards.ts";
import { JsonRpcFace } from "./faces/json-rpc-face.ts";
import { mountFaces, refuseOnBinding } from "./faces/mount.ts";
import { faceDocs } from "./faces/openapi.ts";
import { RestFace } from "./faces/rest-face.ts";
import { type Shop, ShopEntrance } from "./faces/shop-entrance.ts";
import { keptTasks } from "./kept-tasks.ts";
import { PaidTasks, type PaidTasksOptions } from "./paid-tasks.ts";
import { PushConfigs } from "./push/push-configs.ts";
import { PushIntake } from "./push/push-intake.ts";
import { PushOutbox } from "./push/push-outbox.ts";
import { PushRelay } from "./push/push-relay.ts";
import { pushRoutes } from "./push/push-routes.ts";
import { PushSecrets } from "./push/push-secrets.ts";
import { A2AService } from "./service.ts";
import { SimpleTasks } from "./simple-tasks.ts";
import { TaskIndex } from "./task-index.ts";
import { TaskList } from "./task-list.ts";
import { taskRoutes } from "./task-routes.ts";
import { TaskStore } from "./task-store.ts";

/** What the room reads of the gateway's settings. */
export interface A2ASettings {
  rootAgent: string | undefined;
  /** For clients that name no version. */
  cardFormat: CardFormat;
  taskTimeoutMs: number;
  streamTimeoutMs: number;
  responseBytesMax: number;
}

export interface A2ARoomOptions {
  settings: A2ASettings;
  storage: Storage;
  leases: Leases;
  http: Pick<HttpRoom, "publicUrl" | "keepAlives">;
  agents: AgentRegistry;
  cards: AgentCards;
  /** Settles when it is known whether this agent has a card; undefined when it is known already. */
  lookingFor(agentId: string): Promise<void> | undefined;
  orgs: Pick<OrgsRoom, "onDeleted" | "keyWatch">;
  routing: Pick<RoutingRoom, "pipeline" | "admission" | "plain" | "site" | "learn" | "tools">;
  dialer: Dialer;
  credentials: AgentCredentials;
  sealer: Sealer;
  holdState: PaidTasksOptions["holdState"];
  /** What is sold in messages where an agent stands at the root of the host. */
  shop: Shop;
  tracing: Tracing;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
  /** By which addresses are counted. */
  networkOf: NetworkOf;
  pushLimits?: Partial<OutboxLimits> | undefined;
}

/** Everything A2A, put together: the way to agents that speak it, and the entrance for its clients. */
export interface A2ARoom {
  routes: RouteDefinition[];
  /** Of the bindings, which `mount` mounts. */
  docs: readonly OperationDoc[];
  mount(app: FastifyInstance): void;
  /** The gateway's card of this agent, as text: of version 1.0. */
  cardOf(agent: Agent): Promise<string>;
  /** Answers what is asked of agents and their tasks, whatever entrance it comes by. */
  service: Pick<A2AService, "handle">;
  /** The agent whose push notification a request is, by the secret that it shows. */
  notifierOf(request: FastifyRequest): string | undefined;
  /** Answers, in the binding's words, what has no handler on a path of the bindings; undefined on other paths. */
  refuse(problem: Problem, request: FastifyRequest, reply: FastifyReply): unknown;
  /** Takes up the deliveries that an earlier run left. */
  start(): void;
  /** Lets go of whatever runs beside the requests. */
  close(): Promise<void>;
}

export async function openA2A(given: A2ARoomOptions): Promise<A2ARoom> {
  const { settings, storage, http, agents, cards, clock, sealer, networkOf, routing, log } = given;
  const { rootAgent: rootAgentId, cardFormat, streamTimeoutMs, responseBytesMax } = settings;
  const { publicUrl, keepAlives } = http;
  const options = { ...given, publicUrl, timeoutMs: settings.taskTimeoutMs, streamTimeoutMs, responseBytesMax };
  const store = new TaskStore(storage);
  const orgOf = (agent: Agent | undefined) => agent?.orgId ?? null;
  const index = new TaskIndex(store, clock, (id) => {
    const agent = agents.find(id);
    return agent instanceof Promise ? agent.then(orgOf) : orgOf(agent);
  });
  const signer = await CardSigner.open(storage, sealer);
  const own = rootAgentId === undefined ? undefined : { agentId: rootAgentId, extensions: given.shop.extensions };
  const pages = new CardPages({ cards, signer, publicUrl, own });
  const configs = new PushConfigs({ storage, sealer, clock, onDeleted: (ids) => outbox.drop(ids) });
  const paidTasks = new PaidTasks({
    ...options,
    forgetConfigs: (agentId, taskId) => configs.deleteOfTask(agentId, taskId),
  });
  const outbox = new PushOutbox({
    ...options,
    configs,
    paidTasks,
    ...(options.pushLimits && { limits: options.pushLimits }),
  });
  const secrets = new PushSecrets(sealer);
  const intake = new PushIntake({ secrets, networkOf, clock });
  const client = new A2AClient(options.dialer, options.credentials);
  const push = new PushRelay({ ...options, configs, secrets });
  const extendedCards = new ExtendedCards(pages);
  const { pipeline, admission, plain, site, tools } = routing;
  const interpreters = { mcp: tools };
  const simpleTasks = new SimpleTasks({ ...options, client, interpreters, index, paidTasks });
  routing.learn("a2a", simpleTasks);
  routing.learn("mcp", inTurn(simpleTasks, tools));
  const tongues = { plain, site, client, interpreters };
  const entrance = { pipeline, admission, ...tongues, index, store, push, paidTasks, extendedCards };
  const service = new A2AService({ ...options, ...entrance });
  const surroundings = { keepAlives, keyWatch: given.orgs.keyWatch };
  const shop = rootAgentId === undefined ? undefined : new ShopEntrance(given.shop, rootAgentId);
  const faces = {
    jsonRpc: new JsonRpcFace(service, surroundings, log, shop),
    rest: new RestFace(service, surroundings, log, shop),
    rootAgentId,
  };
  // Nothing is pushed to an organization that is gone. Its tasks stay known, so that nobody else can claim them.
  given.orgs.onDeleted((orgId) => configs.deleteOf(orgScope(orgId)));
  const retention = new Retention(options, keptTasks(store, configs));
  return {
    cardOf: async (agent) => (await pages.page(agent, "1.0")).body,
    routes: [
      ...cardRoutes({ agents, cards, pages, signer, rootAgentId, cardFormat }),
      ...pushRoutes({ agents, configs, intake, outbox, index, clock }),
      ...taskRoutes({ agents, tasks: new TaskList(storage, clock), rootAgentId }),
    ],
    docs: faceDocs,
    service,
    mount: (app) => mountFaces(app, faces),
    notifierOf: (request) => intake.notifierOf((request.params as { id?: string }).id ?? "", request.headers),
    refuse: (problem, request, reply) => refuseOnBinding(faces, problem, request, reply),
    start() {
      outbox.start();
      retention.start();
    },
    async close() {
      service.close();
      await retention.close();
      await outbox.close();
      await index.flush();
    },
  };
}

/** What agents are asked whose language has a rule of its own for what a task asks for. */
const inTurn = (tasks: SimpleTasks, { order }: Pick<RoutingRoom["tools"], "order">): AgentProtocol => ({
  order,
  send: (agent, task) => tasks.send(agent, task),
  stream: (agent, task, onChunk) => tasks.stream(agent, task, onChunk),
});
