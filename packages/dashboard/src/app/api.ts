import { AgentGateClient } from "@agentgate/client";
import { webFetch } from "./web-fetch.ts";

/** The gateway that serves this page, as whoever is signed in. */
// What fails is asked for again by whoever asked: a query, or somebody who presses a button.
export const gateway = new AgentGateClient({ baseUrl: location.origin, fetch: webFetch, retries: 0 });
