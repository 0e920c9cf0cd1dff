import type { FastifyInstance } from "fastify";
import { RegistrationError } from "../define/registration-error.ts";
import type { Application, MountOptions } from "../mount-options.ts";
import { mount as mountExpress } from "./express.ts";
import { mount as mountFastify } from "./fastify.ts";
import { mount as mountHono } from "./hono.ts";
import { mount as mountKoa } from "./koa.ts";
import { mount as mountNest } from "./nest.ts";
import type { Mountable } from "./node.ts";

/** Mounts the site in an application of any framework that can be told by its methods. @throws RegistrationError for others */
export async function mount(application: Application, agent: Mountable, options?: MountOptions): Promise<void> {
  const has = (method: string) => typeof (application as Record<string, unknown>)[method] === "function";
  if (has("getHttpAdapter")) await mountNest(application as never, agent, options);
  else if (has("addContentTypeParser")) await mountFastify(application as FastifyInstance, agent, options);
  else if (has("fetch")) mountHono(application as never, agent, options);
  else if (has("callback")) mountKoa(application as never, agent, options);
  else if (has("use")) mountExpress(application as never, agent, options);
  else {
    throw new RegistrationError(
      "mount takes an application of Express, Fastify, Hono, Koa or NestJS. For node:http there is toNodeHandler of " +
        "@agentgate/site/node, for Next.js and SvelteKit their subpaths, and elsewhere the site itself is a fetch handler.",
    );
  }
}
