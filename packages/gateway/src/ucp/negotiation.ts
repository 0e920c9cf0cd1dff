import type { FastifyRequest } from "fastify";
import type { errorResponse, Negotiated } from "./envelope.ts";
import { type CapabilityName, currentVersion, SHOPPING } from "./versions.ts";

export type Agreement = Negotiated | { refused: ReturnType<typeof errorResponse> };

/** What an operation is of. */
export type Topic = CapabilityName extends `${typeof SHOPPING}.${infer T}` ? T : never;

/** Finds out what the platform behind a request and the gateway both speak. */
export class Negotiation {
  async of(_request: FastifyRequest, topic: Topic): Promise<Agreement> {
    const version = currentVersion;
    return { version, capabilities: { [`${SHOPPING}.${topic}`]: [{ version }] } };
  }
}
