import type { JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyRequest } from "fastify";
import { Payload, translateEvent, translateParams } from "../../routing/index.ts";
import { callerDialectOf, V1 } from "../agent-link.ts";
import type { A2ACall, A2AReply } from "../call.ts";
import { asStream } from "../plain-bridge.ts";

/** What answers some messages to the agent at the root of the host in its place: those of an extension that is the gateway's own. */
export interface Shop {
  /** What the agent's card says of it. */
  readonly extensions: readonly JsonObject[];
  /** Undefined for a message that is the agent's. @throws Problem for what is refused */
  answer(asked: {
    request: FastifyRequest;
    /** As their header has them. */
    extensions: string;
    /** In 1.0's shape. */
    message: JsonObject;
  }): Promise<{ message: JsonObject; extension: string } | undefined>;
}

/** Hands messages that are the shop's to it, before the agent is asked. */
export class ShopEntrance {
  readonly #shop: Pick<Shop, "answer">;
  readonly #agentId: string;

  constructor(shop: Pick<Shop, "answer">, agentId: string) {
    this.#shop = shop;
    this.#agentId = agentId;
  }

  /** Undefined for what is none of the shop's. */
  async reply(request: FastifyRequest, call: A2ACall): Promise<A2AReply | undefined> {
    const { operation, extensions, caller } = call;
    const isMessage = operation === "SendMessage" || operation === "SendStreamingMessage";
    if (!isMessage || extensions === undefined || caller.agentId !== this.#agentId) return undefined;
    const { message } = translateParams(operation, call.params, V1).object;
    const answered = await this.#shop.answer({ request, extensions, message: (message ?? {}) as JsonObject });
    if (!answered) return undefined;
    const result = translateEvent(Payload.ofValue(V1, { message: answered.message }), callerDialectOf(call));
    const reply = { result, extensions: answered.extension };
    return operation === "SendMessage" ? reply : asStream(reply);
  }
}
