const kind = Symbol.for("agentgate.error");

export interface ErrorDetails {
  /** HTTP status of the reply that caused the error; absent when there was none. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/**
 * What every error of this package is. `code` is stable and meant for programs, `message` for people.
 *
 * `isInstance` also recognises errors made by another copy of the package, where `instanceof` fails.
 */
export class AgentGateError extends Error {
  static readonly [kind]: string = "AgentGateError";

  readonly code: string;
  declare readonly status: number | undefined;

  /** @param details - become properties of the error */
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details);
    Object.assign(this, details);
    this.name = new.target[kind];
    this.code = code;
  }

  static isInstance<T extends abstract new (...args: never) => unknown>(
    this: T & { readonly [kind]: string },
    error: unknown,
  ): error is InstanceType<T> {
    let type = Object(error).constructor;
    // biome-ignore lint/complexity/noThisInStatic: `this` is the subclass that was asked
    while (type && type[kind] !== this[kind]) type = Object.getPrototypeOf(type);
    return !!type;
  }
}

/** For subclasses: `static override readonly [errorKind] = "ClassName"`. */
export { kind as errorKind };
