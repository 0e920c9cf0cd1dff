import { AgentGateClient } from "@agentgate/client";
import { webFetch } from "./web-fetch.ts";

/** The gateway that serves this page, as whoever is signed in. */
export const gateway = new AgentGateClient({ baseUrl: location.origin, fetch: webFetch });
