import { propertyKey, typeName } from "../identifier.ts";
import { literal } from "../literal.ts";
import { commentText } from "../plain-text.ts";
import { isObject, type JsonSchema } from "../schema-reference.ts";
import { TypeWriter } from "../type-writer.ts";
import type { ImportedOperation, OpenApiImport } from "./import-openapi.ts";
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
  const intents = api.operations.map((operation, index) => renderIntent(operation, bases[index]!, types, interfaces));
  const server = api.serverUrl ?? "https://api.example.com";
  return [
    `// Drafted from ${commentText(source)} (${commentText(api.title)} ${commentText(api.version)}) by \`agentgate import openapi\`.`,
    "// It is yours now: keep what agents need, name and describe it for them, turn sequences of calls into flows.",
    "// It needs: npm install @agentgate/site @cfworker/json-schema",
    "",
    'import { AgentApp, apiKey } from "@agentgate/site";',
    'import { fromJsonSchema } from "@agentgate/site/json-schema";',
    'import { upstream } from "@agentgate/site/upstream";',
    "",
    "/** The API behind the site. Agents see neither its address nor its credential. */",
    "const api = upstream({",
    `  baseUrl: process.env.UPSTREAM_URL ?? ${literal(server)},`,
    ...renderCredentials(api.credentials),
    "});",
    "",
    "export const app = new AgentApp({",
    `  title: ${literal(api.title)},`,
    `  description: ${literal(firstSentence(api.description) || api.title)},`,
    `  version: ${literal(api.version)},`,
    '  baseUrl: process.env.PUBLIC_URL ?? "http://localhost:3000",',
    "  // Who may call the site. Its keys have nothing to do with the API's credential.",
    '  auth: apiKey({ keys: { agent: setting("AGENT_API_KEY") } }),',
    `})${intents.length === 0 ? ";" : ""}`,
    ...(intents.length === 0 ? [] : [`${intents.join("\n")};`]),
    "",
    "function setting(name: string): string {",
    "  const value = process.env[name];",
    '  if (!value) throw new Error("Set the environment variable " + name);',
    "  return value;",
    "}",
    ...(api.operations.length === 0
      ? []
      : [
          "",
          "/** What the API answers is described to agents, not checked again. */",
          "function unchecked() {",
          "  return [];",
          "}",
        ]),
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

function renderIntent(operation: ImportedOperation, base: string, types: TypeWriter, interfaces: string[]): string {
  const { name, description, risk, idempotent, deprecated, schema, output, method, path } = operation;
  const hasInput = isObject(schema) && Object.keys(schema.properties as object).length > 0;
  if (hasInput) interfaces.push(`export type ${base}Input = ${types.write(schema)};`);
  const outputSchema = isObject(output) && Object.keys(output).length > 0 ? output : undefined;
  if (outputSchema) interfaces.push(`export type ${base}Output = ${types.write(outputSchema)};`);
  const lines = [
    `description: ${literal(description)},`,
    `risk: ${literal(risk)},`,
    ...(idempotent ? ["idempotent: true,"] : []),
    ...(deprecated ? ['deprecated: { message: "Deprecated by the API." },'] : []),
    ...(hasInput ? [`input: fromJsonSchema<${base}Input>(${schemaLiteral(schema)}),`] : []),
    ...(outputSchema ? [`output: fromJsonSchema<${base}Output>(${schemaLiteral(outputSchema)}, unchecked),`] : []),
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
  for (const place of ["path", "query", "header"] as const) {
    const entries = parameters.filter((parameter) => parameter.in === place);
    if (entries.length > 0)
      lines.push(`${place}: { ${entries.map(({ name, field }) => `${key(name)}: ${access(field)}`).join(", ")} },`);
  }
  if (body?.kind === "whole") lines.push(`body: ${access(body.field)},`);
  if (body?.kind === "fields") {
    lines.push(
      `body: { ${Object.entries(body.fields)
        .map(([name, field]) => `${key(name)}: ${access(field)}`)
        .join(", ")} },`,
    );
  }
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

const key = (name: string): string => (name === "__proto__" ? '["__proto__"]' : propertyKey(name));

const schemaLiteral = (schema: JsonSchema): string => literal(schema, "    ");

const firstSentence = (text: string): string =>
  /^.*?[.!?](?=\s|$)/s.exec(text)?.[0].replace(/\s+/g, " ") ?? commentText(text).slice(0, 200);
