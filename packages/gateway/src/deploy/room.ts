import type { AgentRegistry } from "../agents/index.ts";
import type { RouteDefinition } from "../http/index.ts";
import type { Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { Deployments } from "./deployments.ts";
import { deployRoutes } from "./routes.ts";
import { DeploymentSecrets } from "./secrets.ts";
import { DeploymentStore } from "./store.ts";
import { Workspace } from "./workspace.ts";

/** What the room reads of the gateway's settings. */
export interface DeploySettings {
  dataDirectory: string;
}

export interface DeployRoomOptions {
  settings: DeploySettings;
  storage: Storage;
  agents: AgentRegistry;
  sealer: Sealer;
  random: Random;
  timestamps: Timestamps;
  /** Where callers reach the gateway. */
  publicUrl(): string;
}

export interface DeployRoom {
  routes: RouteDefinition[];
}

/** Agents that are handed over as archives. */
export async function openDeploy(options: DeployRoomOptions): Promise<DeployRoom> {
  const { settings, storage, sealer, random, timestamps, publicUrl } = options;
  const workspace = new Workspace(settings.dataDirectory, random);
  await workspace.open();
  const deployments = new Deployments({
    ...options,
    store: new DeploymentStore(storage, timestamps),
    secrets: new DeploymentSecrets(storage, sealer, timestamps),
    workspace,
  });
  return { routes: deployRoutes({ deployments, publicUrl }) };
}
