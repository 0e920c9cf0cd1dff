/** The part of an OpenAPI document that is looked at. */
export interface ApiDocument {
  paths: Record<
    string,
    Record<string, { operationId: string; tags: string[]; responses: Record<string, ApiResponse> }>
  >;
  components: { schemas: Record<string, Schema> };
}

interface ApiResponse {
  content?: Record<string, { schema?: Schema }>;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** What the tests of one file were answered by one operation. */
export interface RecordedAnswers {
  operation: string;
  file: string;
  statuses: number[];
  fields: string[];
}

/** What is known of one operation. */
export interface Coverage {
  method: string;
  path: string;
  operationId: string;
  tag: string;
  /** Files of tests that it answered. */
  files: string[];
  statuses: number[];
  /** Members of its answers, and those that no test was given. */
  fields: string[];
  unseen: string[];
  /** Recorded clients that call it. */
  clients: string[];
}

/** A call of a client that is in use. */
export interface ClientCall {
  client: string;
  method: string;
  /** Without its query. */
  path: string;
}

const DEPTH_MAX = 6;
const routeOf = (path: string) => path.replace(/\{\w+\}/g, ":").replace(/(.)\/$/, "$1");

/** What tests and recorded clients reach of each operation of the document. */
export function coverageOf(
  document: ApiDocument,
  answers: readonly RecordedAnswers[],
  calls: readonly ClientCall[],
): Coverage[] {
  const byOperation = Map.groupBy(answers, ({ operation }) =>
    operation.replace(/\/:\w+/g, "/:").replace(/(.)\/$/, "$1"),
  );
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([lower, { operationId, tags, responses }]) => {
      const method = lower.toUpperCase();
      const recorded = byOperation.get(`${method} ${routeOf(path)}`) ?? [];
      const seen = new Set(recorded.flatMap(({ fields }) => fields));
      const fields = fieldsOf(responses, document.components.schemas);
      return {
        ...{ method, path, operationId, tag: tags[0] ?? "" },
        files: [...new Set(recorded.map(({ file }) => file))].sort(),
        statuses: [...new Set(recorded.flatMap(({ statuses }) => statuses))].sort((a, b) => a - b),
        fields,
        unseen: fields.filter((field) => !seen.has(field)),
        clients: clientsOf(method, path, calls),
      };
    }),
  );
}

/** Which recorded clients call it. */
export function clientsOf(method: string, path: string, calls: readonly ClientCall[]): string[] {
  const pattern = new RegExp(
    `^${path
      .replace(/(.)\/$/, "$1")
      .replaceAll(".", "\\.")
      .replace(/\{\w+\}/g, "[^/]+")}/?$`,
  );
  const own = calls.filter((call) => call.method === method && pattern.test(call.path) && !isNamed(path, call.path));
  return [...new Set(own.map(({ client }) => client))].sort();
}

/** `/agents/tags` is no agent. */
const isNamed = (path: string, called: string) =>
  path.includes("{") && /^\/(?:agents\/(?:tags|search)|orgs\/me)\/?$/.test(called);

function fieldsOf(responses: Record<string, ApiResponse>, schemas: Record<string, Schema>): string[] {
  const found = new Set<string>();
  for (const [status, { content = {} }] of Object.entries(responses)) {
    if (!status.startsWith("2")) continue;
    for (const [type, { schema }] of Object.entries(content)) {
      if (/json/.test(type) && schema) addFields(schema, "", { schemas, found, depth: 0 });
    }
  }
  return [...found];
}

function addFields(
  schema: Schema,
  at: string,
  { schemas, found, depth }: { schemas: Record<string, Schema>; found: Set<string>; depth: number },
): void {
  if (depth > DEPTH_MAX) return;
  const below = { schemas, found, depth: depth + 1 };
  const { $ref, properties = {}, items } = schema;
  const named = $ref === undefined ? undefined : schemas[$ref.split("/").at(-1)!];
  if (named) addFields(named, at, below);
  for (const one of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]) {
    addFields(one, at, { schemas, found, depth });
  }
  if (items) addFields(items, `${at}[]`, below);
  for (const [name, member] of Object.entries(properties)) {
    const path = at ? `${at}.${name}` : name;
    found.add(path);
    addFields(member, path, below);
  }
}
