import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { OpenApiDocument, Operation } from "./operations.ts";
import type { RawResponse } from "./raw-connection.ts";

/** What the frame may answer to any request, before an operation has its say. */
const FRAME_STATUSES = [400, 404, 408, 413, 414, 415, 417, 422, 431];

const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "strict-origin-when-cross-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

/** Judges responses by the OpenAPI document: status, content type, and body by schema. */
export class ResponseJudge {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #problem: ValidateFunction;
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    addFormats.default(this.#ajv);
    this.#problem = this.#ajv.compile(document.components.schemas.Problem);
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
    return [...faults, ...(status >= 400 ? this.#errorFaults(response) : this.#successFaults(operation, response))];
  }

  #errorFaults({ status, headers, body }: RawResponse): string[] {
    if (status === 401 && headers["www-authenticate"] !== "Bearer") return ["401 without WWW-Authenticate"];
    if (status === 405 && !headers.allow) return ["405 without Allow"];
    if (status === 429 && !/^[1-9]\d{0,5}$/.test(headers["retry-after"] ?? "")) {
      return [`429 with Retry-After ${headers["retry-after"]}`];
    }
    if (mediaType(headers) === "text/html") return body.startsWith("<!doctype html>") ? [] : ["not a page"];
    if (mediaType(headers) !== "application/problem+json") return [`an error as ${headers["content-type"]}`];
    return this.#schemaFaults(this.#problem, body);
  }

  #successFaults({ method, path, responses }: Operation, { status, headers, body }: RawResponse): string[] {
    const content = responses[status]?.content;
    if (!content) return body === "" ? [] : [`a ${status} with a body`];
    const type = mediaType(headers);
    const schema = content[type]?.schema;
    if (!schema) return [`content type ${headers["content-type"]} is not declared`];
    if (type !== "application/json") return [];
    const key = `${method} ${path} ${status}`;
    const validate = this.#compiled.get(key) ?? this.#ajv.compile(schema);
    this.#compiled.set(key, validate);
    return this.#schemaFaults(validate, body);
  }

  #schemaFaults(validate: ValidateFunction, body: string): string[] {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return [`not JSON: ${body.slice(0, 200)}`];
    }
    return validate(value) ? [] : [this.#ajv.errorsText(validate.errors)];
  }
}

const mediaType = (headers: RawResponse["headers"]) => (headers["content-type"] ?? "").split(";", 1)[0]!;
