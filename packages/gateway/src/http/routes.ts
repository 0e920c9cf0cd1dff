import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { varyByCaller } from "./accept.ts";
import { JsonText } from "./json-body.ts";
import type { LargePages } from "./large-pages.ts";
import { type Access, type Action, admitCaller, type Callers, type Principal } from "./principal.ts";
import type { Problem } from "./problem.ts";
import { tellingRefusals } from "./refusals.ts";
import { validate } from "./validation.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The principal a handler receives: certain where the route demands one. */
type Caller<A extends Access> = A extends "org" | "admin" ? Principal : Principal | undefined;
type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

export interface RouteInput<A extends Access, P, Q, B> {
  caller: Caller<A>;
  params: Parsed<P>;
  query: Parsed<Q>;
  body: Parsed<B>;
  /** The body as it was sent; empty unless the route keeps it. */
  bodyText: string;
  request: FastifyRequest;
  reply: FastifyReply;
}

export interface ResponseDoc {
  description: string;
  schema?: z.ZodType;
  /** By default `application/json`; several where the request chooses. */
  contentType?: string | readonly string[];
  /** Media types of the text that an Accept header may ask for instead. */
  textTypes?: readonly string[];
}

/** A group of operations, as readers of the OpenAPI document see it. */
export interface Tag {
  name: string;
  description: string;
}

/** One operation: what it asks, what it answers, and its page in the OpenAPI document. */
export interface RouteDefinition<
  A extends Access = Access,
  P extends z.ZodType | undefined = z.ZodType | undefined,
  Q extends z.ZodType | undefined = z.ZodType | undefined,
  B extends z.ZodType | undefined = z.ZodType | undefined,
> {
  method: Method;
  /** In OpenAPI's form: `/agents/{id}`. Both slash forms and the `/v1` twin come by themselves. */
  path: string;
  action: Action<A>;
  /** A public route whose handler looks at the bearer key itself; for the documentation. */
  readsKey?: boolean;
  /** What programs call the operation, a verb first: `getLatestAgent`. Clients that are made of the document have it as a method. */
  operationId: string;
  tag: Tag;
  summary: string;
  /** One sentence or more that say what the summary does not. */
  description: string;
  params?: P;
  query?: Q;
  /** Headers that the handler reads beside Authorization; for the documentation. */
  headers?: z.ZodType;
  body?: B;
  /** Of a body that the handler reads itself, as it comes: it is not validated, `body` is for the documentation. */
  bodyType?: "multipart/form-data";
  /** A body that works when sent as it is; for the documentation. */
  bodyExample?: unknown;
  /** Hands the handler the body's text beside its value. */
  keepBodyText?: boolean;
  /** Largest body in bytes, where that is less than the server's. */
  bodyBytesMax?: number;
  /** Judges the head before the body is read. @throws Problem */
  onHead?(request: FastifyRequest): void;
  /** By status; the first success is what the handler's return value is sent as. */
  responses: Record<number, ResponseDoc>;
  /** What its errors are, where they are no problem documents. */
  errors?: { schema: z.ZodType; contentType: string | readonly string[] };
  /** Says errors in words of its own. */
  refuse?: Refuse;
  handler(input: RouteInput<A, P, Q, B>): unknown;
}

/** Answers an error, of the handler or of what comes before it. */
export type Refuse = (problem: Problem, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** An operation's page in the OpenAPI document, also of one that is mounted by other means. */
export type OperationDoc = Omit<RouteDefinition, "handler" | "refuse">;

/** Infers a definition's types from its schemas. */
export const route = <
  A extends Access,
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  definition: RouteDefinition<A, P, Q, B>,
): RouteDefinition => definition as unknown as RouteDefinition;

/** Mounts an operation: authenticate, then validate, then handle (the order of contract section 1.3). */
export function mountRoute(
  app: FastifyInstance,
  definition: RouteDefinition,
  callers: Callers,
  largePages: Pick<LargePages, "make">,
): void {
  const { action, params, query, body, bodyType, responses, handler, bodyBytesMax, onHead, refuse } = definition;
  const success = Number(Object.keys(responses).find((status) => status.startsWith("2")) ?? 200);
  const answer = async (request: FastifyRequest, reply: FastifyReply, callers: Callers) => {
    if (action.access !== "public") varyByCaller(request, reply);
    const caller = await admitCaller(action, request, callers);
    const given = request.body instanceof JsonText ? request.body : undefined;
    const input = {
      caller: caller as Principal,
      params: params && validate(params, "path", request.params),
      query: query && validate(query, "query", request.query),
      body: body && !bodyType && validate(body, "body", given ? given.value : request.body),
      bodyText: given?.text ?? "",
      request,
      reply,
    } as RouteInput<Access, z.ZodType, z.ZodType, z.ZodType>;
    const result = query ? await largePages.make(request, input.query, () => handler(input)) : await handler(input);
    if (reply.sent) return undefined;
    reply.code(reply.statusCode === 200 ? success : reply.statusCode);
    return result;
  };
  app.route({
    method: definition.method,
    url: definition.path.replace(/\{(\w+)\}/g, ":$1"),
    config: { keepBodyText: definition.keepBodyText === true, bodyType, ...(refuse && { refuse }) },
    ...(bodyBytesMax !== undefined && { bodyLimit: bodyBytesMax }),
    ...(onHead && {
      onRequest: (request, _reply, done) => {
        onHead(request);
        done();
      },
    }),
    handler:
      action.administers && callers.onRefused
        ? (request, reply) => tellingRefusals(request, callers, (noted) => answer(request, reply, noted))
        : (request, reply) => answer(request, reply, callers),
  });
}
