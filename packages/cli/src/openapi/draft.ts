import {
  commentText,
  isObject,
  type JsonSchema,
  literal,
  propertyKey,
  TypeWriter,
  typeName,
} from "@agentgate/site/codegen";
import type { ImportedOperation, OpenApiImport } from "./import-openapi.ts";
import type { WrittenStyle } from "./parameter-style.ts";
import type { UpstreamCredential } from "./security.ts";

/**
 * The import as a TypeScript module: a site whose intents hand their work to the API. It is a draft to be curated, so it reads
 * like one that was written by hand.
 *
 * @param source - where the document came from, for the first line
 */
export function renderDraft(api: OpenApiImport, source: string): string {
  const bases = typeNames(api.operations);
  const types = new TypeWriter([...bases.flatMap((base) => [`${base}Input`, `${base}Output`]), "AgentApp"]);
  const interfaces: string[] = [];
  const shared = sharedSchemas(api);
  const used = new Set<Helper>();
  const intents = api.operations.map((operation, index) =>
    renderIntent(operation, bases[index]!, { types, interfaces, shared, used }),
  );
  const hasIntents = intents.length > 0;
  const imports = upstreamImports(api.operations);
  const server = api.serverUrl ?? "https://api.example.com";
  return [
    `// Drafted from ${commentText(source)} (${commentText(api.title)} ${commentText(api.version)}) by \`agentgate import openapi\`.`,
    "// It is yours now: keep what agents need, name and describe it for them, turn sequences of calls into flows.",
    "// It needs: npm install @agentgate/site @cfworker/json-schema",
    "",
    'import { AgentApp, apiKey } from "@agentgate/site";',
    ...(used.has("fromJsonSchema") ? ['import { fromJsonSchema } from "@agentgate/site/json-schema";'] : []),
    ...(hasIntents
      ? [
          `import { ${imports.join(", ")} } from "@agentgate/site/upstream";`,
          "",
          "/** The API behind the site. Agents see neither its address nor its credential. */",
          "const api = upstream({",
          `  baseUrl: process.env.UPSTREAM_URL ?? ${literal(server)},`,
          ...renderCredentials(api.credentials),
          "});",
        ]
      : []),
    "",
    ...renderShared(shared),
    "export const app = new AgentApp({",
    `  title: ${literal(api.title)},`,
    `  description: ${literal(firstSentence(api.description) || api.title)},`,
    `  version: ${literal(api.version)},`,
    '  baseUrl: process.env.PUBLIC_URL ?? "http://localhost:3000",',
    "  // Who may call the site. Its keys have nothing to do with the API's credential.",
    '  auth: apiKey({ keys: { agent: setting("AGENT_API_KEY") } }),',
    `})${hasIntents ? "" : ";"}`,
    ...(hasIntents ? [`${intents.join("\n")};`] : []),
    "",
    "function setting(name: string): string {",
    "  const value = process.env[name];",
    '  if (!value) throw new Error("Set the environment variable " + name);',
    "  return value;",
    "}",
    ...(used.has("unchecked")
      ? [
          "",
          "/** What the API answers is described to agents, not checked again. */",
          "function unchecked() {",
          "  return [];",
          "}",
        ]
      : []),
    ...(used.has("shared")
      ? [
          "",
          "/** The shared schemas of these names. */",
          "function shared(...names: string[]) {",
          "  return Object.fromEntries(names.map((name) => [name, schemas[name]]));",
          "}",
        ]
      : []),
    ...interfaces.map((text) => `\n${text}`),
    ...types.declarations().map((text) => `\n${text}`),
    "",
  ].join("\n");
}

/** One name for each operation: `a_1` and `a1` would both be `A1`. */
function typeNames(operations: readonly ImportedOperation[]): string[] {
  const taken = new Set<string>();
  return operations.map(({ name }) => {
    const wanted = typeName(name);
    let base = wanted;
    for (let copy = 2; taken.has(base); copy++) base = `${wanted}_${copy}`;
    taken.add(base);
    return base;
  });
}

/** Schemas that intents have in common, once. */
interface SharedSchemas {
  readonly byName: ReadonlyMap<string, JsonSchema>;
  /** Holds all of them under `$defs`. */
  readonly root: JsonSchema;
}

function sharedSchemas({ operations, definitions }: OpenApiImport): SharedSchemas {
  const byName = new Map<string, JsonSchema>();
  for (const { schema, output } of operations) {
    for (const part of [schema, output]) {
      for (const [name, definition] of definitionsOf(part)) {
        if (definitions.get(name) === definition) byName.set(name, definition);
      }
    }
    const base = baseOf(output, definitions);
    if (base !== undefined) byName.set(base, definitions.get(base)!);
  }
  return { byName, root: { $defs: Object.fromEntries(byName) } };
}

const definitionsOf = (schema: JsonSchema): [string, JsonSchema][] =>
  isObject(schema) && isObject(schema.$defs) ? Object.entries(schema.$defs as Record<string, JsonSchema>) : [];

/** The definition that `schema` is, but for the `$defs` that make it stand alone. */
function baseOf(schema: JsonSchema, definitions: ReadonlyMap<string, JsonSchema>): string | undefined {
  if (!isObject(schema)) return undefined;
  const { $defs: _, ...own } = schema;
  const inner = Object.values(own).some((value) => isObject(value));
  if (!inner) return undefined;
  const count = Object.keys(own).length;
  for (const [name, definition] of definitions) {
    if (!isObject(definition)) continue;
    const keys = Object.keys(definition);
    if (keys.length === count && keys.every((key) => definition[key] === own[key])) return name;
  }
  return undefined;
}

function renderShared({ byName }: SharedSchemas): string[] {
  if (byName.size === 0) return [];
  return [
    "/** What several intents speak of. */",
    "const schemas: Record<string, Record<string, unknown>> = {",
    ...[...byName].map(
      ([name, schema]) => `  ${key(name)}: ${literal(schema === true ? {} : schema || { not: {} }, "  ")},`,
    ),
    "};",
    "",
  ];
}

function upstreamImports(operations: readonly ImportedOperation[]): string[] {
  const isOptional = ({ body }: ImportedOperation) => body?.kind === "fields" && !body.required;
  const isStyled = ({ parameters, body }: ImportedOperation) =>
    parameters.some(({ written }) => written) || (body?.kind === "fields" && Object.keys(body.written).length > 0);
  return [
    ...(operations.some(isOptional) ? ["given"] : []),
    ...(operations.some(isStyled) ? ["styled"] : []),
    "upstream",
  ];
}

/** What intents call; a draft holds no more than they do. */
type Helper = "fromJsonSchema" | "unchecked" | "shared";

interface Writing {
  readonly types: TypeWriter;
  readonly interfaces: string[];
  readonly shared: SharedSchemas;
  readonly used: Set<Helper>;
}

function renderIntent(operation: ImportedOperation, base: string, writing: Writing): string {
  const { types, interfaces, shared, used } = writing;
  const { name, description, risk, idempotent, deprecated, schema, output, method, path } = operation;
  const hasInput = isObject(schema) && Object.keys(schema.properties as object).length > 0;
  if (hasInput) interfaces.push(`export type ${base}Input = ${types.write(schema, "", shared.root)};`);
  const outputSchema = isObject(output) && Object.keys(output).length > 0 ? output : undefined;
  const outputBase = outputSchema && baseOf(outputSchema, shared.byName);
  if (hasInput || outputSchema) used.add("fromJsonSchema");
  if (outputSchema) used.add("unchecked");
  if (outputSchema) {
    const named = outputBase === undefined ? outputSchema : { $ref: `#/$defs/${outputBase}` };
    interfaces.push(`export type ${base}Output = ${types.write(named, "", shared.root)};`);
  }
  const lines = [
    `description: ${literal(description)},`,
    `risk: ${literal(risk)},`,
    ...(idempotent ? ["idempotent: true,"] : []),
    ...(deprecated ? ['deprecated: { message: "Deprecated by the API." },'] : []),
    ...(hasInput ? [`input: fromJsonSchema<${base}Input>(${schemaLiteral(schema, writing)}),`] : []),
    ...(outputSchema
      ? [`output: fromJsonSchema<${base}Output>(${schemaLiteral(outputSchema, writing, outputBase)}, unchecked),`]
      : []),
    `handler: (${hasInput ? "input" : "_"}, { signal }) =>`,
    `  api.call(${literal(method)}, ${literal(path)}, {`,
    ...renderRequest(operation).map((line) => `    ${line}`),
    "    signal,",
    "  }),",
  ];
  return `  .intent(${literal(name)}, {\n${lines.map((line) => `    ${line}\n`).join("")}  })`;
}

function renderRequest({ parameters, body }: ImportedOperation): string[] {
  const lines: string[] = [];
  for (const place of ["path", "query", "header", "cookie"] as const) {
    const entries = parameters.filter((parameter) => parameter.in === place);
    if (entries.length > 0)
      lines.push(
        `${place}: { ${entries.map(({ name, field, written }) => `${key(name)}: ${value(field, written)}`).join(", ")} },`,
      );
  }
  if (body?.kind === "whole") lines.push(`body: ${access(body.field)},`);
  if (body?.kind === "fields") {
    const { fields, written, required, form } = body;
    const entries = Object.entries(fields).map(([name, field]) => `${key(name)}: ${value(field, written[name])}`);
    const object = `{ ${entries.join(", ")} }`;
    lines.push(`${form === "json" ? "body" : form}: ${required ? object : `given(${object})`},`);
  }
  if (body?.contentType !== undefined) lines.push(`contentType: ${literal(body.contentType)},`);
  return lines;
}

function renderCredentials(credentials: readonly UpstreamCredential[]): string[] {
  const render = (place: "header" | "query", option: string) => {
    const own = credentials.filter((credential) => credential.in === place);
    if (own.length === 0) return [];
    const entries = own.map(({ name, variable, prefix }) => {
      const value = `setting(${literal(variable)})`;
      return `${key(name)}: ${prefix ? `\`${prefix}\${${value}}\`` : value}`;
    });
    return [`  ${option}: () => ({ ${entries.join(", ")} }),`];
  };
  return [...render("header", "resolveHeaders"), ...render("query", "resolveQuery")];
}

const access = (field: string): string => {
  const quoted = propertyKey(field);
  return quoted === field ? `input.${field}` : `input[${quoted}]`;
};

function value(field: string, written: WrittenStyle | undefined): string {
  if (!written) return access(field);
  const { style, explode } = written;
  return `styled(${access(field)}, ${literal(style)}${explode === (style === "form") ? "" : `, ${explode}`})`;
}

const key = (name: string): string => (name === "__proto__" ? '["__proto__"]' : propertyKey(name));

/** A schema, with what it shares by name. */
function schemaLiteral(schema: Record<string, unknown>, { shared: { byName }, used }: Writing, base?: string): string {
  const { $defs, ...own } = schema;
  const definitions = Object.entries((isObject($defs) ? $defs : {}) as Record<string, JsonSchema>);
  const names = definitions.flatMap(([name, definition]) => (byName.get(name) === definition ? [literal(name)] : []));
  const others = definitions.filter(([name, definition]) => byName.get(name) !== definition);
  if (names.length > 0) used.add("shared");
  const call = `shared(${names.join(", ")})`;
  const otherLines = others.map(([name, definition]) => `        ${key(name)}: ${literal(definition, "        ")},\n`);
  const shared =
    others.length === 0 ? call : `{\n${names.length > 0 ? `        ...${call},\n` : ""}${otherLines.join("")}      }`;
  if (base !== undefined) {
    const whole = /^[A-Za-z_$][\w$]*$/.test(base) ? `schemas.${base}` : `schemas[${literal(base)}]`;
    return definitions.length === 0 ? `{ ...${whole} }` : `{ ...${whole}, $defs: ${shared} }`;
  }
  if (definitions.length === 0) return literal(own, "    ");
  const lines = Object.entries(own).map(([name, entry]) => `      ${key(name)}: ${literal(entry, "      ")},\n`);
  return `{\n${lines.join("")}      $defs: ${shared},\n    }`;
}

const firstSentence = (text: string): string =>
  /^.*?[.!?](?=\s|$)/s.exec(text)?.[0].replace(/\s+/g, " ") ?? commentText(text).slice(0, 200);
