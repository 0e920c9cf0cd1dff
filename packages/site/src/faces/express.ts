import type { MountOptions } from "../mount-options.ts";
import { type Mountable, type NodeHandler, toNodeHandler } from "./node.ts";

/** Anything with Express' `use`: an application, a router, Connect. */
export interface ExpressLike {
  use(handler: NodeHandler): unknown;
}

/** Mounts the site in an Express 4 or 5 application, before or after its body parsers. */
export function mount(app: ExpressLike, agent: Mountable, options?: MountOptions): void {
  app.use(toNodeHandler(agent, options));
}
