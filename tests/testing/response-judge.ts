import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { JsonSchema, OpenApiDocument, Operation } from "./operations.ts";
import type { RawResponse } from "./raw-connection.ts";

/** What the frame may answer to any request, before an operation has its say. */
const FRAME_STATUSES = [400, 404, 408, 413, 414, 415, 417, 422, 431];

const PROBLEM = "application/problem+json";
const PROBLEM_SCHEMA = "#/components/schemas/Problem";

const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "strict-origin-when-cross-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

/** Judges responses by the OpenAPI document: status, content type, and body by schema. */
export class ResponseJudge {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #components: OpenApiDocument["components"];
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor({ components }: OpenApiDocument) {
    addFormats.default(this.#ajv);
    this.#components = strict(components);
  }

  /** Everything that is wrong with this response, as text; empty when it is as documented. */
  faults(operation: Operation, response: RawResponse): string[] {
    const { status, headers, body } = response;
    const faults: string[] = [];
    const declared = Object.keys(operation.responses).map(Number);
    if (!declared.includes(status) && !FRAME_STATUSES.includes(status)) faults.push(`status ${status} is not declared`);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (headers[name] !== value) faults.push(`${name} is ${headers[name]}`);
    }
    if (!headers["x-request-id"]) faults.push("no x-request-id");
    if (/node_modules|\bat \S+ \(|\.ts:\d/.test(body) && status >= 400) faults.push("the body shows the server's code");
    return [
      ...faults,
      ...(status >= 400 ? this.#errorFaults(operation, response) : this.#successFaults(operation, response)),
    ];
  }

  #errorFaults({ responses }: Operation, { status, headers, body }: RawResponse): string[] {
    if (status === 401 && headers["www-authenticate"] !== "Bearer") return ["401 without WWW-Authenticate"];
    if (status === 405 && !headers.allow) return ["405 without Allow"];
    if (status === 429 && !/^[1-9]\d{0,5}$/.test(headers["retry-after"] ?? "")) {
      return [`429 with Retry-After ${headers["retry-after"]}`];
    }
    const type = mediaType(headers);
    if (type === "text/html") return body.startsWith("<!doctype html>") ? [] : ["not a page"];
    // What the frame refuses is a problem, on whatever path.
    const declared = Object.entries(responses)
      .filter(([status]) => Number(status) >= 400)
      .map(([, { content }]) => content?.[type]?.schema);
    const named = declared.find((schema) => schema?.$ref) ?? (type === PROBLEM && { $ref: PROBLEM_SCHEMA });
    return named ? this.#schemaFaults(named, body) : [`an error as ${headers["content-type"]}`];
  }

  #successFaults({ responses }: Operation, { status, headers, body }: RawResponse): string[] {
    const content = responses[status]?.content;
    if (!content) return body === "" ? [] : [`a ${status} with a body`];
    const type = mediaType(headers);
    const schema = content[type]?.schema;
    if (!schema) return [`content type ${headers["content-type"]} is not declared`];
    return /\bjson$/.test(type) ? this.#schemaFaults(schema, body) : [];
  }

  #schemaFaults(schema: JsonSchema, body: string): string[] {
    const key = JSON.stringify(schema);
    const validate = this.#compiled.get(key) ?? this.#ajv.compile({ ...strict(schema), components: this.#components });
    this.#compiled.set(key, validate);
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return [`not JSON: ${body.slice(0, 200)}`];
    }
    return validate(value) ? [] : [this.#ajv.errorsText(validate.errors)];
  }
}

/** Readers are to take members that a document does not name, so it rules none out; what is answered is judged by what it names. */
function strict<T>(value: T): T {
  if (Array.isArray(value)) return value.map(strict) as T;
  if (typeof value !== "object" || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, strict(member)]));
  const isClosed = members.type === "object" && members.properties && !("additionalProperties" in members);
  return { ...members, ...(isClosed && { additionalProperties: false }) } as T;
}

const mediaType = (headers: RawResponse["headers"]) => (headers["content-type"] ?? "").split(";", 1)[0]!;
