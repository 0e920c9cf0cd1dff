import type { GatewayTransport } from "./transport.ts";

/** What the calls of one concept are made of; `AgentGateClient` has those of all. */
export abstract class GatewayRoom {
  /** Not part of the package's face: it may change at any time. */
  protected readonly http: GatewayTransport;

  constructor(http: GatewayTransport) {
    this.http = http;
  }
}
