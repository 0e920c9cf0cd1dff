import fc from "fast-check";
import { FORM, forms, formTypes } from "./hostile-forms.ts";
import { hostileAuthorizations, hostileContentTypes, hostileHeaders } from "./hostile-headers.ts";
import { jsonTextFor } from "./hostile-json.ts";
import { hostileBodies, hostileQueries, hostileSegments } from "./hostile-sources.ts";
import type { Operation, Parameter } from "./operations.ts";

/** One request, ready to be sent. */
export interface FuzzRequest {
  method: string;
  target: string;
  /** Header lines without `Host` and framing. */
  headers: readonly string[];
  body: Buffer | undefined;
  chunked: boolean;
}

/** What the requests may speak of. */
export interface World {
  ids: readonly string[];
  names: readonly string[];
  /** The first one may do anything. */
  keys: readonly [string, ...string[]];
  /** By name of a body member or query parameter: values that mean something. */
  samples: Readonly<Record<string, readonly unknown[]>>;
  bodyBytesMax: number;
}

const mostly = <T>(expected: fc.Arbitrary<T>, weight: number, hostile: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: expected, weight }, { arbitrary: fc.constantFrom(...hostile), weight: 1 });

/** Requests as a client would send them. */
export function plainRequests(operation: Operation, { ids, names, keys, samples }: World): fc.Arbitrary<FuzzRequest> {
  const { method, path, body } = operation;
  const place = path.includes("{name}") ? fc.constantFrom(...names) : fc.constantFrom(...ids);
  const meaningful = queryParameters(operation).filter(
    ({ name, schema }) => schema.enum || schema.type === "integer" || samples[name],
  );
  const queries = fc.tuple(...meaningful.map((parameter) => expectedQuery(parameter, samples)));
  const isForm = operation.bodyType === FORM;
  const json = () => jsonTextFor(body!, { hostility: 0, samples }).map((json) => Buffer.from(json));
  const text = body && (isForm ? forms(samples, 0) : json());
  return fc.record({
    method: fc.constant(method),
    target: fc
      .tuple(place, placesBelow(operation, samples), queries)
      .map(([name, below, pairs]) => `${fill(path, [name, ...below])}?${pairs.join("&")}`),
    headers: fc.constant([
      `Authorization: Bearer ${keys[0]}`,
      isForm ? formTypes[0] : "Content-Type: application/json",
    ]),
    body: text ?? fc.constant(undefined),
    chunked: fc.constant(false),
  });
}

/** Requests that are nearly valid, and anything but. */
export function hostileRequests(operation: Operation, world: World): fc.Arbitrary<FuzzRequest> {
  const { method, body } = operation;
  const { keys, samples, bodyBytesMax } = world;
  const anything = fc.oneof(
    fc.constantFrom(...hostileBodies(bodyBytesMax)),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  );
  const isForm = operation.bodyType === FORM;
  const json = (hostility: number) =>
    isForm ? forms(samples, hostility) : jsonTextFor(body!, { hostility, samples }).map((text) => Buffer.from(text));
  const noBody = fc.constantFrom(undefined, undefined, Buffer.alloc(0));
  const bodies = body
    ? fc.oneof({ arbitrary: json(1), weight: 4 }, { arbitrary: json(6), weight: 3 }, anything, noBody)
    : fc.oneof({ arbitrary: noBody, weight: 8 }, anything);
  const key = fc.constantFrom(...keys).map((key): readonly string[] => [`Authorization: Bearer ${key}`]);
  const type = isForm
    ? fc.constantFrom<readonly string[]>([formTypes[0]], ...formTypes.map((one) => [one]))
    : fc.constant<readonly string[]>(["Content-Type: application/json"]);
  const headers = fc.tuple(
    mostly(key, 12, hostileAuthorizations),
    mostly(type, 12, hostileContentTypes),
    fc.constantFrom(...hostileHeaders),
  );
  return fc.record({
    method: fc.constant(method),
    target: hostileTargets(operation, world),
    headers: headers.map((groups) => groups.flat()),
    body: bodies,
    chunked: fc.nat(5).map((odds) => odds === 0),
  });
}

function hostileTargets(operation: Operation, { ids, names, samples }: World): fc.Arbitrary<string> {
  const { path } = operation;
  const known = path.includes("{name}")
    ? names.map(encodeURIComponent)
    : [...ids, ...ids.map((id) => id.toUpperCase())];
  const unknown = fc.oneof(fc.uuid(), fc.string({ minLength: 1, maxLength: 20 }).map(encodeURIComponent));
  const place = mostly(fc.oneof({ arbitrary: fc.constantFrom(...known), weight: 8 }, unknown), 9, hostileSegments);
  const below = placesBelow(operation, samples).chain((names) =>
    fc.tuple(...names.map((name) => mostly(fc.oneof(fc.constant(name), unknown), 9, hostileSegments))),
  );
  const queries = queryParameters(operation).map((parameter) => {
    const pair = mostly(
      expectedQuery(parameter, samples),
      6,
      ["", ...hostileSegments].map((text) => `${parameter.name}=${text}`),
    );
    return fc.oneof(
      { arbitrary: fc.array(pair, { maxLength: 2 }), weight: 1 },
      { arbitrary: fc.tuple(pair), weight: 2 },
    );
  });
  const query = mostly(
    fc.tuple(...queries).map((pairs) => pairs.flat().join("&")),
    9,
    hostileQueries,
  );
  const prefix = path.startsWith("/.well-known") || path.startsWith("/admin") ? [""] : ["", "", "", "/v1"];
  return fc
    .tuple(fc.constantFrom(...prefix), place, below, fc.constantFrom("", "", "", "/"), query)
    .map(([version, name, others, slash, text]) => {
      const filled = `${version}${fill(path, [name, ...others])}`;
      return `${filled}${filled.endsWith("/") ? "" : slash}${text === "" ? "" : `?${text}`}`;
    });
}

/** Fills the path's parameters in their order. */
const fill = (path: string, names: readonly string[]) => {
  const left = [...names];
  return path.replace(/\{\w+\}/g, () => left.shift()!);
};

/** Values for the parameters of a path after its first. */
const placesBelow = ({ path }: Operation, samples: World["samples"]): fc.Arbitrary<string[]> =>
  fc.tuple(
    ...[...path.matchAll(/\{(\w+)\}/g)].slice(1).map(([, name]) => fc.constantFrom(...(samples[name!] as string[]))),
  );

const queryParameters = ({ parameters }: Operation) => parameters.filter((parameter) => parameter.in === "query");

function expectedQuery({ name, schema }: Parameter, samples: World["samples"]): fc.Arbitrary<string> {
  const { minimum = 0, maximum = 1_000 } = schema;
  const known = schema.enum ?? samples[name];
  if (known) return fc.constantFrom(...known).map((value) => `${name}=${value}`);
  if (schema.type === "integer") {
    return fc.integer({ min: minimum, max: Math.min(maximum, 200) }).map((value) => `${name}=${value}`);
  }
  const text = fc.oneof(fc.constantFrom("a", "tag", "Echo", "%", "_", "\\", "a,b,,A"), fc.string({ maxLength: 12 }));
  return text.map((value) => `${name}=${encodeURIComponent(value)}`);
}

/** The request's bytes. */
export function toBytes({ method, target, headers, body, chunked }: FuzzRequest): Buffer {
  const framing = body === undefined ? [] : [chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`];
  const head = [`${method} ${target} HTTP/1.1`, "Host: localhost", ...headers, ...framing, "", ""].join("\r\n");
  const parts: Buffer[] = [Buffer.from(head, "latin1")];
  if (body !== undefined && chunked) {
    if (body.length > 0) parts.push(Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n"));
    parts.push(Buffer.from("0\r\n\r\n"));
  } else if (body !== undefined) parts.push(body);
  return Buffer.concat(parts);
}
