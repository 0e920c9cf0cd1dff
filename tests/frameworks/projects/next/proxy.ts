import { agent } from "./lib/agent";

export const config = { matcher: "/" };
export const proxy = (request: Request) => agent.respond(request);
