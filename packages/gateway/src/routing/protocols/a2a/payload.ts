import type { Dialect, JsonObject, Operation } from "@agentgate/protocol/a2a";
import { isObject, withoutNullMembers } from "@agentgate/protocol/a2a";
import { isExact, parseExact } from "../../../http/index.ts";

/** JSON in one dialect. Its text is the one that arrived as long as nobody edits or translates it. */
export class Payload {
  readonly dialect: Dialect;
  #text: string | undefined;
  /** Every number in it is as it was written. */
  #value: unknown;
  /** What `JSON.parse` made of the text. */
  readonly #parsed: unknown;

  private constructor(dialect: Dialect, text: string | undefined, value: unknown, parsed?: unknown) {
    this.dialect = dialect;
    this.#text = text;
    this.#value = value;
    this.#parsed = parsed;
  }

  /** @param parsed what `JSON.parse` makes of the text, from whoever has parsed it already */
  static ofText(dialect: Dialect, text: string, parsed?: unknown): Payload {
    return new Payload(dialect, text, undefined, parsed);
  }

  static ofValue(dialect: Dialect, value: unknown): Payload {
    return new Payload(dialect, undefined, value);
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.#value ?? null);
    return this.#text;
  }

  /** The value, to be read or written anew. @throws SyntaxError when the text is not JSON */
  get value(): unknown {
    if (this.#value === undefined && this.#text !== undefined) {
      this.#value = this.#parsed !== undefined && isExact(this.#text) ? this.#parsed : parseExact(this.#text);
    }
    return this.#value;
  }

  /** The value when it is an object, else one without members. */
  get object(): JsonObject {
    return objectOr(this.value);
  }

  /** The same for those who only look at it: spares the search for numbers that a double does not hold. */
  get glance(): JsonObject {
    return objectOr(this.#value ?? this.#parsed ?? this.value);
  }
}

/** ProtoJSON's null says "not set". */
const objectOr = (value: unknown): JsonObject => (isObject(value) ? withoutNullMembers(value) : {});

export const translateParams = (operation: Operation, params: Payload, to: Dialect): Payload =>
  params.dialect === to
    ? params
    : Payload.ofValue(to, to.toParams(operation, params.dialect.fromParams(operation, params.object)));

export const translateResult = (operation: Operation, result: Payload, to: Dialect): Payload =>
  result.dialect === to
    ? result
    : Payload.ofValue(to, to.toResult(operation, result.dialect.fromResult(operation, result.value)));

/** @param closing the stream ends after this event */
export const translateEvent = (event: Payload, to: Dialect, closing = false): Payload =>
  event.dialect === to ? event : Payload.ofValue(to, to.toEvent(event.dialect.fromEvent(event.value), closing));
