import type { Risk } from "@agentgate/protocol/site";
import { isObject, type JsonSchema } from "../schema-reference.ts";
import { follow, type OpenApiDocument, type OpenApiNode, requireDocument } from "./document.ts";
import { intentName, snakeCase, uniqueName } from "./intent-name.ts";
import { type OperationInput, operationInput } from "./operation-input.ts";
import { operationOutput } from "./operation-output.ts";
import { type UpstreamCredential, upstreamSecurity } from "./security.ts";
import { isSelected, type Selection } from "./selection.ts";
import { serverUrl } from "./server-url.ts";

export interface ImportOptions extends Selection {
  /** New names by operationId or `"GET /path"`. */
  readonly rename?: Readonly<Record<string, string>>;
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
  readonly operations: readonly ImportedOperation[];
  /** Operations that are not in the draft, with the reason. */
  readonly leftOut: readonly ImportRemark[];
  /** What was changed or needs a look in the operations that are. */
  readonly notes: readonly ImportRemark[];
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const noActions = new Set(["options", "head", "trace"]);
const idempotentMethods = new Set(["get", "put", "delete"]);

/**
 * Turns an OpenAPI 3.0 or 3.1 document into the material of a site: one intent an operation, and a report of everything that
 * was left out or changed. External references have to be bundled before.
 *
 * @throws {@link OpenApiImportError} when the document is none
 */
export function importOpenApi(input: unknown, options: ImportOptions = {}): OpenApiImport {
  const document = requireDocument(input);
  const security = upstreamSecurity(document);
  const server = options.serverUrl ?? serverUrl(document.servers, options.sourceUrl);
  const operations: ImportedOperation[] = [];
  const leftOut: ImportRemark[] = [];
  const notes: ImportRemark[] = security.notes.map((text) => ({ operation: "", text }));
  if (server === undefined) {
    notes.push({ operation: "", text: "the document names no absolute server URL; set it in the draft" });
  }
  const names = new Set<string>();
  const operationIds = new Set<unknown>();

  for (const found of listOperations(document, leftOut)) {
    const { label, method, path, pathItem, operation } = found;
    const { operationId, tags } = operation;
    const wanted = renamed(options, operationId, label) ?? intentName(operationId, method, path);
    const leave = (text: string) => leftOut.push({ operation: label, text });
    const note = (text: string) => notes.push({ operation: label, text });

    if (
      !isSelected(options, [
        operationId,
        wanted,
        label,
        ...(Array.isArray(tags) ? tags.map((tag) => `tag:${tag}`) : []),
      ])
    ) {
      leave("not selected by include and exclude");
      continue;
    }
    const problem = unfit(found, document, options);
    if (problem) {
      leave(problem);
      continue;
    }
    const request = operationInput(document, pathItem, operation, security.credentialNames, note);
    const reply = operationOutput(document, operation);
    if ("reason" in request || "reason" in reply) {
      leave("reason" in request ? request.reason : (reply as { reason: string }).reason);
      continue;
    }
    if (operations.length >= (options.operationsMax ?? 30)) {
      leave(`over the limit of ${options.operationsMax ?? 30} operations; choose with include, or raise the limit`);
      continue;
    }
    if (operationId === undefined) note(`has no operationId; it is called "${wanted}"`);
    else if (operationIds.has(operationId)) note(`its operationId "${String(operationId)}" is used twice`);
    operationIds.add(operationId);
    const name = uniqueName(wanted, names);
    names.add(name);
    operations.push({
      name,
      method: method.toUpperCase(),
      path,
      description: describe(operation, pathItem, label),
      risk: riskOf(method),
      idempotent: idempotentMethods.has(method),
      deprecated: operation.deprecated === true,
      output: reply.schema,
      ...request,
    });
  }
  const info = isObject(document.info) ? document.info : {};
  const text = (value: unknown, otherwise: string) =>
    typeof value === "string" && value.trim() ? value.trim() : otherwise;
  return {
    title: text(info.title, "Imported API"),
    description: text(info.description, ""),
    version: text(info.version, "1.0"),
    serverUrl: server,
    credentials: security.credentials,
    operations,
    leftOut,
    notes,
  };
}

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
      const operation = pathItem[method];
      if (isObject(operation)) yield { label: `${method.toUpperCase()} ${path}`, method, path, pathItem, operation };
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

function renamed({ rename = {} }: ImportOptions, operationId: unknown, label: string): string | undefined {
  for (const key of [operationId, label]) {
    if (typeof key === "string" && Object.hasOwn(rename, key)) return snakeCase(rename[key]!);
  }
  return undefined;
}

function describe(operation: OpenApiNode, pathItem: OpenApiNode, label: string): string {
  const texts = [operation.summary, operation.description, pathItem.summary, pathItem.description];
  const [first, second] = texts
    .filter((text): text is string => typeof text === "string" && text.trim() !== "")
    .map((text) => text.trim());
  if (!first) return label;
  const whole =
    second && first === operation.summary && second === operation.description ? `${first}. ${second}` : first;
  return whole.replace(/\s+/g, " ").replace(/\.\. /, ". ").slice(0, 500);
}

function riskOf(method: string): Risk {
  if (method === "get") return "low";
  return method === "delete" ? "high" : "medium";
}
