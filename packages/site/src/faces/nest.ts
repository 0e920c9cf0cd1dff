import type { FastifyPluginAsync } from "fastify";
import type { MountOptions } from "../mount-options.ts";
import { type AgentPluginOptions, agentPlugin } from "./fastify.ts";
import { type Mountable, type NodeHandler, toNodeHandler } from "./node.ts";

/** What we use of a NestJS application on Express or Fastify. */
export interface NestLike {
  getHttpAdapter(): { getType(): string };
  use(handler: NodeHandler): unknown;
  register?(plugin: FastifyPluginAsync<AgentPluginOptions>, options: AgentPluginOptions): unknown;
}

/** Mounts the site in a NestJS application, between `NestFactory.create` and `listen`. Body parsing may be on or off. */
export async function mount(app: NestLike, agent: Mountable, options: MountOptions = {}): Promise<void> {
  if (app.getHttpAdapter().getType() === "fastify") await app.register?.(agentPlugin, { agent, ...options });
  else app.use(toNodeHandler(agent, options));
}
