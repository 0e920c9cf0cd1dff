import { join } from "node:path";
import { AGENTS_TOPIC, type AgentRegistry } from "../agents/index.ts";
import type { AuditLog } from "../audit/index.ts";
import type { HttpRoom, RouteDefinition } from "../http/index.ts";
import type { Leases } from "../leases/index.ts";
import type { OrgsRoom } from "../orgs/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { Clock, Log, Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { Deployments } from "./deployments.ts";
import { Hosting, noteSwitchedOff } from "./hosting.ts";
import { openRuntime, type RuntimeSettings } from "./open-runtime.ts";
import { deployRoutes } from "./routes.ts";
import { DeploymentSecrets, SECRETS_TOPIC } from "./secrets.ts";
import { DEPLOYMENTS_TOPIC, DeploymentStore } from "./store.ts";
import { Workspace } from "./workspace.ts";

/** What the room reads of the gateway's settings. */
export interface DeploySettings extends RuntimeSettings {
  dataDirectory: string;
  nodeName: string;
  drainSeconds: number;
  hostedAgentsMax: number;
}

export interface DeployRoomOptions {
  settings: DeploySettings;
  storage: Storage;
  auditLog: AuditLog;
  agents: AgentRegistry;
  dialer: Dialer;
  leases: Leases;
  http: Pick<HttpRoom, "keepAlives" | "publicUrl">;
  sealer: Sealer;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
  /** To be told how hosted agents fare; `error` is null while one is well. */
  reportHealth(agentId: string, error: string | null, latencyMs: number | null): void;
  orgs: Pick<OrgsRoom, "onDeleted" | "keyWatch">;
}

export interface DeployRoom {
  routes: RouteDefinition[];
  /** From now on this node runs the agents whose archives it has. */
  start(): void | Promise<void>;
  /** Ends them. */
  close(): Promise<void>;
}

/** Agents that are handed over as archives, and those that run here. */
export async function openDeploy(options: DeployRoomOptions): Promise<DeployRoom> {
  const { settings, storage, agents, sealer, clock, random, timestamps, log, http, orgs } = options;
  const workspace = new Workspace(settings.dataDirectory, random);
  await workspace.open();
  const store = new DeploymentStore(storage, timestamps);
  const secrets = new DeploymentSecrets(storage, sealer, timestamps);
  const runtime = await openRuntime(settings, { directory: join(workspace.path, "agents"), clock, random, log });
  const hosting =
    runtime &&
    (await Hosting.open({
      ...options,
      directory: workspace.path,
      nodeName: settings.nodeName,
      agentsMax: settings.hostedAgentsMax,
      drainMs: settings.drainSeconds * 1_000,
      runtime,
      store,
      secrets,
      onHealth: (agentId, error) => options.reportHealth(agentId, error, null),
      onRunning: (agentId) =>
        agents
          .lookAtHosted(agentId)
          .catch((error) => log.info({ err: error, agentId }, "a hosted agent's card was not taken")),
    }));
  const deployments = new Deployments({ ...options, store, secrets, workspace, hosting });
  orgs.onDeleted((orgId) => deployments.undeployAllOf(orgId));
  if (hosting) {
    const failed = (error: unknown) => log.error({ err: error }, "a hosted agent was not brought up to date");
    const bringUpToDate = (changed: readonly string[] | undefined) => void hosting.onChanged(changed).catch(failed);
    storage.changes.subscribe(AGENTS_TOPIC, bringUpToDate);
    storage.changes.subscribe(DEPLOYMENTS_TOPIC, bringUpToDate);
    storage.changes.subscribe(SECRETS_TOPIC, (changed) => hosting.renew(changed));
    agents.onRemoved((id) => void hosting.remove(id).catch(failed));
  }
  return {
    routes: deployRoutes({
      deployments,
      hosting,
      publicUrl: http.publicUrl,
      keepAlives: http.keepAlives,
      keyWatch: orgs.keyWatch,
    }),
    start: () => (hosting ? hosting.start() : noteSwitchedOff(workspace.path, store)),
    close: async () => hosting?.close(),
  };
}
