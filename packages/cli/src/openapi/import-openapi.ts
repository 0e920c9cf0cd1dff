import type { Risk } from "@agentgate/protocol/site";
import { isObject, type JsonSchema } from "@agentgate/site/codegen";
import { contradiction } from "./contradiction.ts";
import { SchemaConverter } from "./convert-schema.ts";
import { follow, type OpenApiDocument, type OpenApiNode, requireDocument } from "./document.ts";
import { intentName, uniqueName } from "./intent-name.ts";
import { type OperationInput, operationInput } from "./operation-input.ts";
import { operationOutput } from "./operation-output.ts";
import { plainText } from "./plain-text.ts";
import { SchemaGraph } from "./schema-graph.ts";
import { type UpstreamCredential, upstreamSecurity } from "./security.ts";
import { Selection, type SelectionOptions } from "./selection.ts";
import { selfContainedInput, selfContainedOutput } from "./self-contained.ts";
import { serverUrl } from "./server-url.ts";

export interface ImportOptions extends SelectionOptions {
  /** Take deprecated operations too. Default false. */
  readonly deprecated?: boolean;
  /** Operations taken at most, so that a draft stays one to read. Default 30. */
  readonly operationsMax?: number;
  /** Where the document came from; a relative server URL is resolved against it. */
  readonly sourceUrl?: string;
  /** The API's URL, instead of `servers[0]`. */
  readonly serverUrl?: string;
}

/** An operation of the API as an intent of the draft. */
export interface ImportedOperation extends OperationInput {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly description: string;
  readonly risk: Risk;
  readonly idempotent: boolean;
  readonly deprecated: boolean;
  readonly output: JsonSchema;
}

/** Something of the API that is not in the draft, or not as it was. */
export interface ImportRemark {
  /** `POST /pets`; empty for the API as a whole. */
  readonly operation: string;
  readonly text: string;
}

export interface OpenApiImport {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly serverUrl: string | undefined;
  readonly credentials: readonly UpstreamCredential[];
  /** Schemas by name that the operations' `$defs` share. */
  readonly definitions: ReadonlyMap<string, JsonSchema>;
  readonly operations: readonly ImportedOperation[];
  /** Operations that are not in the draft, with the reason. */
  readonly leftOut: readonly ImportRemark[];
  /** What was changed or needs a look in the operations that are. */
  readonly notes: readonly ImportRemark[];
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];
const noActions = new Set(["options", "head", "trace", "query"]);
const idempotentMethods = new Set(["get", "put", "delete"]);

/**
 * Turns an OpenAPI 3 or Swagger 2 document into the material of a site: one intent an operation, and a report of everything that
 * was left out or changed. External references have to be bundled before ({@link bundleDocument}).
 *
 * @throws {@link OpenApiImportError} when the document is none
 */
export function importOpenApi(input: unknown, options: ImportOptions = {}): OpenApiImport {
  const document = requireDocument(input);
  const security = upstreamSecurity(document);
  const { operationsMax = 30 } = options;
  const server = options.serverUrl ?? serverUrl(document.servers, options.sourceUrl);
  const operations: ImportedOperation[] = [];
  const leftOut: ImportRemark[] = [];
  const notes: ImportRemark[] = security.notes.map((text) => ({ operation: "", text }));
  if (server === undefined) {
    notes.push({ operation: "", text: "the document names no absolute server URL; set it in the draft" });
  }
  const names = new Set<string>();
  const operationIds = new Set<unknown>();
  const converter = new SchemaConverter(new SchemaGraph(document));
  const selection = new Selection(options);

  for (const found of listOperations(document, leftOut)) {
    const { label, method, path, pathItem, operation } = found;
    const { operationId, tags } = operation;
    const wanted = selection.renamed(operationId, label) ?? intentName(operationId, method, path);
    const leave = (text: string) => leftOut.push({ operation: label, text });
    const own = new Set<string>();
    const note = (text: string) => void own.add(text);

    if (
      !selection.takes([operationId, wanted, label, ...(Array.isArray(tags) ? tags.map((tag) => `tag:${tag}`) : [])])
    ) {
      leave("not selected by include and exclude");
      continue;
    }
    const problem = unfit(found, document, options);
    if (problem) {
      leave(problem);
      continue;
    }
    if (operations.length >= operationsMax) {
      leave(`over the limit of ${operationsMax} operations; choose with include, or raise the limit`);
      continue;
    }
    const request = operationInput(document, converter, found, security.credentialNames, note);
    const reply = "reason" in request ? request : operationOutput(document, converter, operation, note);
    if ("reason" in request || "reason" in reply) {
      leave("reason" in request ? request.reason : (reply as { reason: string }).reason);
      continue;
    }
    const barred = contradiction(request.schema, converter.definitions);
    if (barred !== undefined) {
      leave(`its input contradicts itself: "${barred}" is required, and not allowed`);
      continue;
    }
    if (operationId === undefined) note(`has no operationId; it is called "${wanted}"`);
    else if (operationIds.has(operationId)) note(`its operationId "${String(operationId)}" is used twice`);
    operationIds.add(operationId);
    const name = uniqueName(wanted, names);
    names.add(name);
    const input = selfContainedInput(request.schema, converter.definitions);
    const output = selfContainedOutput(reply.schema, converter.definitions);
    if (input.cut.length > 0)
      note(`for their size, these inputs are described by their type alone: ${input.cut.join(", ")}`);
    if (output.cut.length > 0) note(`for its size, the reply is described without ${listed(output.cut)}`);
    for (const text of own) notes.push({ operation: label, text });
    operations.push({
      name,
      method: method.toUpperCase(),
      path,
      description: describe(operation, pathItem, label),
      risk: riskOf(method),
      idempotent: idempotentMethods.has(method),
      deprecated: operation.deprecated === true,
      ...request,
      schema: input.schema,
      output: output.schema,
    });
  }
  const letters = manifestLetters(operations);
  if (letters > manifestLettersMax) {
    notes.push({
      operation: "",
      text: `the site's manifest would have about ${letters} characters, and clients read ${manifestLettersMax}: take fewer operations, or shorten schemas`,
    });
  }
  for (const text of selection.unmatched()) notes.push({ operation: "", text });
  const info = isObject(document.info) ? document.info : {};
  const text = (value: unknown, otherwise: string) =>
    typeof value === "string" && value.trim() ? value.trim() : otherwise;
  return {
    title: text(info.title, "Imported API"),
    description: plainText(text(info.description, ""), 1000),
    version: text(info.version, "1.0"),
    serverUrl: server,
    credentials: security.credentials,
    definitions: converter.definitions,
    operations,
    leftOut,
    notes,
  };
}

/** What `@agentgate/client` reads of a manifest. */
const manifestLettersMax = 1_048_576;

const manifestLetters = (operations: readonly ImportedOperation[]): number =>
  operations.reduce((sum, { schema, output, description }) => {
    return sum + JSON.stringify([schema, output, description]).length + 300;
  }, 1000);

interface FoundOperation {
  readonly label: string;
  readonly method: string;
  readonly path: string;
  readonly pathItem: OpenApiNode;
  readonly operation: OpenApiNode;
}

function* listOperations(document: OpenApiDocument, leftOut: ImportRemark[]): Generator<FoundOperation> {
  for (const [path, value] of Object.entries(document.paths as object)) {
    if (path.startsWith("x-")) continue;
    const pathItem = follow(document, value);
    if (!pathItem || !path.startsWith("/")) {
      const text = pathItem ? "a path has to begin with /" : "its path item's $ref leads nowhere, or in a circle";
      leftOut.push({ operation: path, text });
      continue;
    }
    for (const method of methods) {
      if (pathItem[method] === undefined) continue;
      const label = `${method.toUpperCase()} ${path}`;
      const operation = follow(document, pathItem[method]);
      if (operation) yield { label, method, path, pathItem, operation };
      else leftOut.push({ operation: label, text: "its $ref leads nowhere, or in a circle" });
    }
    for (const method of Object.keys(isObject(pathItem.additionalOperations) ? pathItem.additionalOperations : {})) {
      leftOut.push({ operation: `${method.toUpperCase()} ${path}`, text: `${method.toUpperCase()} is no action` });
    }
  }
}

/** Why an operation cannot be an intent, as far as its frame tells. */
function unfit(
  { method, path, pathItem, operation }: FoundOperation,
  document: OpenApiDocument,
  options: ImportOptions,
): string | undefined {
  if (noActions.has(method)) return `${method.toUpperCase()} is no action`;
  if (operation.deprecated === true && !options.deprecated) return "deprecated";
  const servers = operation.servers ?? pathItem.servers;
  if (
    servers !== undefined &&
    serverUrl(servers, options.sourceUrl) !== serverUrl(document.servers, options.sourceUrl)
  ) {
    return "it has a server of its own";
  }
  if (/[?#]/.test(path)) return "its path contains a query or a fragment";
  return undefined;
}

/** The summary and, where it says more, the description: without HTML, on one line. */
function describe(operation: OpenApiNode, pathItem: OpenApiNode, label: string): string {
  const texts = [operation.summary, operation.description, pathItem.summary, pathItem.description].map((text) =>
    typeof text === "string" ? plainText(text, 500) : "",
  );
  const [summary, description] = texts as [string, string];
  if (!summary || !description) return texts.find((text) => text !== "") ?? label;
  const told = words(description);
  if (told.startsWith(words(summary))) return description;
  const sentence = /[.!?…:]$/.test(summary) ? summary : `${summary}.`;
  return words(summary).startsWith(told) ? summary : plainText(`${sentence} ${description}`, 500);
}

/** To compare by: "Deletes a pet." is told by "Delete a pet". */
const words = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .replace(/^(\w+?)s /, "$1 ");

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function riskOf(method: string): Risk {
  if (method === "get") return "low";
  return method === "delete" ? "high" : "medium";
}
