/** The body as the face has it: bytes already decoded, or a value that the framework parsed before us. */
export type RequestBody = { readonly text: string } | { readonly value: unknown };

/** One request as every face presents it. Nothing is computed before it is asked for. */
export interface Exchange {
  readonly method: string;
  /** Pathname, still percent-encoded, without query and without the mount prefix. */
  readonly path: string;
  /** The framework's own request object. */
  readonly native: unknown;
  /** The caller's network address, where the face knows it. */
  readonly address?: string | undefined;
  /** @param name in lower case. Repeated fields are joined with `, `. */
  header(name: string): string | undefined;
  /**
   * Reads the body once.
   * @throws SiteError `payload_too_large` beyond the limit
   */
  body(limitBytes: number): RequestBody | Promise<RequestBody>;
  /** Calls the listener once when the caller goes away before the reply is complete. */
  onDisconnect(listener: () => void): void;
}

/** Server-sent events as they come: frames for a face that writes them itself, bytes for one that hands a stream on. */
export interface EventFrames extends AsyncIterable<string> {
  /** Cancelling the stream cancels the handler. */
  toStream(): ReadableStream<Uint8Array>;
}

/** One answer as every face sends it. A body that is not a string is a stream of server-sent events. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | EventFrames;
}
