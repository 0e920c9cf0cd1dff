/** Media type of every error body (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** One finding of a failed validation, as contract section 1.4 has it. */
export interface ValidationFinding {
  /** Machine-readable kind: `missing`, `string_type`, `greater_than_equal`… */
  type: string;
  /** Where: `["body", "name"]`. */
  loc: (string | number)[];
  msg: string;
  /** What was sent there, left out when it is large. */
  input?: unknown;
}

const titles: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  508: "Loop Detected",
};

export interface ProblemOptions {
  /** Stable machine-readable name of the error, snake_case; by default the title's. */
  code?: string;
  headers?: Record<string, string>;
  /** More members of the body, for programs (RFC 9457, section 3.2). */
  members?: Readonly<Record<string, unknown>>;
}

/** An error that a caller is meant to see, in the contract's shape. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly detail: string | ValidationFinding[];
  readonly code: string;
  readonly headers: Record<string, string>;
  readonly members: Readonly<Record<string, unknown>> | undefined;

  constructor(status: number, detail: string | ValidationFinding[], options: ProblemOptions = {}) {
    super(typeof detail === "string" ? detail : detail.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; "));
    this.status = status;
    this.detail = detail;
    this.code = options.code ?? titleOf(status).toLowerCase().replaceAll(" ", "_");
    this.members = options.members;
    // RFC 9110, section 15.5.2: a 401 always says how to authenticate.
    this.headers = { ...(status === 401 && { "www-authenticate": "Bearer" }), ...options.headers };
  }

  /** The response body: the contract's `detail` beside the members of RFC 9457. */
  toBody(instance: string): Record<string, unknown> {
    const { status, detail, code } = this;
    return { type: pageOf(code), title: titleOf(status), status, detail, instance, code, ...this.members };
  }
}

/** Where the guide tells of an error. Those that carry what an agent has said are told of together. */
const pageOf = (code: string): string => `/guide/errors#${code.replace(/^(agent_http_|agent_task_).*$/, "$1")}`;

export const titleOf = (status: number): string => titles[status] ?? "Error";

export const notAuthenticated = (): Problem => new Problem(401, "Not authenticated");

export const invalidApiKey = (): Problem => new Problem(401, "Invalid API key", { code: "invalid_api_key" });

/** 404 for a resource that does not exist, or that the caller may not learn about. */
export const notFound = (what: string): Problem => new Problem(404, `${what} not found`);
