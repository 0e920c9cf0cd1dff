import type { Operation } from "@agentgate/protocol/a2a";
import type { KeyUse } from "../access/index.ts";
import type { Take } from "../outbound/index.ts";
import type { Payload, ReaderSink, Speech, TaskCaller } from "../routing/index.ts";

/** One request of an A2A client, past its face. */
export interface A2ACall {
  operation: Operation;
  /** In the caller's dialect. */
  params: Payload;
  speech: Speech;
  caller: TaskCaller;
  /** Value of `A2A-Extensions`. */
  extensions: string | undefined;
  /** The JSON-RPC id as JSON text, where the caller gave one: the agent sees the same. */
  rpcId: string;
  /** Where the answer goes. */
  connection: CallerConnection;
  /** Told the name of the call's trace, for the head of the answer, whatever it will be. */
  onTrace?: ((traceId: string) => void) | undefined;
}

/** A caller's connection, as far as it tells whether the caller is there. */
export interface CallerConnection {
  readonly destroyed: boolean;
  once(event: "close", listener: () => void): unknown;
}

export const hasLeft = ({ connection }: Pick<A2ACall, "connection">): boolean => connection.destroyed;

/** Calls the listener when the caller has gone, whether answered or not. */
export function onLeave({ connection }: Pick<A2ACall, "connection">, listener: () => void): void {
  if (connection.destroyed) listener();
  else connection.once("close", listener);
}

interface ReplyHead {
  /** Extensions that the agent says it used. */
  extensions?: string | undefined;
  headers?: Record<string, string>;
}

/** A whole answer. Payloads of replies are in the caller's dialect. */
export interface ResultReply extends ReplyHead {
  result: Payload;
}

/** An answer in events. Whoever takes it must read it to its end or cancel it. */
export interface StreamReply extends ReplyHead {
  /** Hands over the events as they come, to the end or until `take` wants no more. */
  read(take: Take<Payload>): Promise<void>;
  /** Waits for a reader who lags, as long as the call has time; then it is cut off. */
  awaitReader(lagging: Promise<void>, sink: ReaderSink): Promise<boolean>;
  /** The reader has left. */
  cancel(): void;
  /** The keys that it was asked for with; none of an answer that is there already. */
  keyUse?: KeyUse;
}

export type A2AReply = ResultReply | StreamReply;
