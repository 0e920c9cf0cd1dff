// The HTTP reference: a page for each group of operations, of the OpenAPI document that a running gateway serves.

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description?: string;
  schema: Schema;
}

type Content = Record<string, { schema: Schema; example?: unknown }>;

export interface Operation {
  operationId: string;
  tags: [string];
  summary: string;
  description: string;
  security: object[];
  "x-action": string;
  parameters: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
}

export interface OpenApiDocument {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const NOTE =
  "<!-- Written by tests/guide/reference.test.ts: UPDATE_DOCS=1 npx vitest run tests/guide/reference.test.ts -->";

/** Markdown by file name, `index.md` among them. */
export function apiPages(document: OpenApiDocument): Map<string, string> {
  const pages = new Map([["index.md", indexPage(document)]]);
  for (const tag of document.tags) pages.set(`${slugOf(tag.name)}.md`, tagPage(document, tag));
  return pages;
}

function indexPage({ tags, paths }: OpenApiDocument): string {
  const rows = tags.map(
    ({ name, description }) =>
      `| [${name}](${slugOf(name)}.md) | ${description} | ${operationsOf(paths, name).length} |`,
  );
  return `${[
    "# HTTP reference",
    NOTE,
    "Every operation of the gateway. The same, with a page that tries them out, is at `/docs` of a running gateway, and as an OpenAPI 3.1 document, to make\nclients of, at `/openapi.json`. TypeScript has [a client](../gateway-client.md).",
    "Keys go into `Authorization: Bearer KEY`. What is refused is answered by a problem document, whose codes are [listed](../errors.md). The paths of agents,\norganizations, chains, deployments, health and metrics are also served under `/v1`.",
    ["| group | | operations |", "| --- | --- | --- |", ...rows].join("\n"),
  ].join("\n\n")}\n`;
}

function tagPage(
  { paths, components }: OpenApiDocument,
  { name, description }: OpenApiDocument["tags"][number],
): string {
  const operations = operationsOf(paths, name);
  const list = operations.map(
    ({ path, method, summary }) => `| [\`${method} ${path}\`](#${anchorOf(`${method} ${path}`)}) | ${cell(summary)} |`,
  );
  const used = new Set<string>();
  const parts = operations.map((operation) => operationPart(operation, used));
  return `${[
    `# HTTP: ${name}`,
    NOTE,
    `${description}. [All groups](index.md).`,
    ["| operation | |", "| --- | --- |", ...list].join("\n"),
    ...parts,
    ...shapesPart(used, components.schemas),
  ].join("\n\n")}\n`;
}

interface Placed extends Operation {
  path: string;
  method: string;
}

const operationsOf = (paths: OpenApiDocument["paths"], tag: string): Placed[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { tags }]) => tags[0] === tag)
      .map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  );

function operationPart(operation: Placed, used: Set<string>): string {
  const { path, method, summary, description, security, parameters, requestBody, responses } = operation;
  const needs =
    security.length === 0
      ? "No key is needed."
      : security.some((one) => Object.keys(one).length === 0)
        ? ""
        : "Needs a key.";
  const scope = security.length === 0 ? "" : `Scope: \`${operation["x-action"]}\`.`;
  const said = description.trim() === "" ? `${summary}.` : `${summary}. ${description}`;
  const parts = [`## ${method} ${path}`, [said, needs, scope].filter(Boolean).join(" ")];
  if (parameters.length > 0) {
    const rows = parameters.map(
      ({ name, in: place, required, description: about = "", schema }) =>
        `| \`${name}\` | ${place}${required ? "" : ", optional"} | ${cell(typeOf(schema, used))} | ${cell(about || (schema.description ?? ""))} |`,
    );
    parts.push(["| parameter | in | type | |", "| --- | --- | --- | --- |", ...rows].join("\n"));
  }
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
    parts.push(`Body, \`${type}\`: ${typeOf(schema, used)}`);
  }
  const rows = Object.entries(responses).map(([status, { description: about, content = {} }]) => {
    const shapes = Object.entries(content)
      .filter(([type]) => type !== "application/problem+json")
      .map(([type, { schema }]) => (type === "application/json" ? typeOf(schema, used) : `\`${type}\``));
    return `| ${status} | ${cell(about)} | ${cell(shapes.join(", "))} |`;
  });
  parts.push(["| answer | | body |", "| --- | --- | --- |", ...rows].join("\n"));
  return parts.join("\n\n");
}

/** What the operations of a page take and answer, each once. Shapes within shapes follow. */
function shapesPart(used: Set<string>, schemas: Record<string, Schema>): string[] {
  const parts: string[] = [];
  const written = new Set<string>();
  for (;;) {
    const name = [...used].find((one) => !written.has(one));
    if (name === undefined) break;
    written.add(name);
    parts.push(shapePart(name, schemas[name]!, used));
  }
  return parts.length > 0 ? ["## Shapes", ...parts] : [];
}

function shapePart(name: string, schema: Schema, used: Set<string>): string {
  const { description, properties, required = [] } = schema;
  const head = [`### ${name}`, ...(description ? [description.replace(/([^.])$/, "$1.")] : [])];
  if (!properties || Object.keys(properties).length === 0)
    return [...head, `${typeOf({ ...schema, description: "" }, used)}`].join("\n\n");
  const rows = Object.entries(properties).map(
    ([member, of]) =>
      `| \`${member}\`${required.includes(member) ? "" : ", optional"} | ${cell(typeOf(of, used))} | ${cell(of.description ?? "")} |`,
  );
  return [...head, ["| member | type | |", "| --- | --- | --- |", ...rows].join("\n")].join("\n\n");
}

function typeOf(schema: Schema, used: Set<string>): string {
  const { $ref, type, items, anyOf, oneOf, allOf, enum: values, const: only } = schema;
  if ($ref) {
    const name = $ref.replace("#/components/schemas/", "");
    used.add(name);
    return `[${name}](#${anchorOf(name)})`;
  }
  const any = anyOf ?? oneOf;
  if (any) return [...new Set(any.map((one) => typeOf(one, used)))].join(" or ");
  if (allOf) return allOf.map((one) => typeOf(one, used)).join(" and ");
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (values) return values.map((value) => `\`${String(value)}\``).join(", ");
  if (type === "array") return items ? `list of ${typeOf(items, used)}` : "list";
  return [type ?? "any JSON"].flat().join(" or ") + boundsOf(schema);
}

function boundsOf({ minimum, maximum, maxLength, format, default: given }: Schema): string {
  const told = [
    format !== undefined && format,
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `from ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `to ${maximum}`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    given !== undefined && `else \`${JSON.stringify(given)}\``,
  ].filter((one) => one !== false);
  return told.length > 0 ? ` (${told.join(", ")})` : "";
}

const cell = (text: string) => text.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ");

const slugOf = (tag: string) => tag.toLowerCase().replace(/[^a-z0-9]+/g, "-");

/** As GitHub and the guide make them of headings. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
