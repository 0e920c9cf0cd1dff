import type { Deprecation, JsonSchema } from "@agentgate/protocol/site";
import type { AuthPolicy } from "../auth/auth-policy.ts";
import type { AnyOperationOptions } from "../define/operation.ts";
import { RegistrationError } from "../define/registration-error.ts";
import { anyOutput, noInput } from "../schema/empty-schemas.ts";
import type { Schema } from "../schema/standard-schema.ts";
import { toJsonSchema } from "../schema/to-json-schema.ts";

/** An intent or step with everything resolved that does not depend on a request. */
export interface Operation {
  readonly name: string;
  /** For messages: `intent "search"`, `step "pay" of flow "checkout"`. */
  readonly label: string;
  readonly options: AnyOperationOptions;
  readonly input: Schema;
  readonly output: Schema;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
  readonly policy: AuthPolicy;
  readonly scopes: readonly string[];
  /** The policy or the scopes differ from the site's. */
  readonly ownAuth: boolean;
  readonly timeoutMs: number;
  /** Deprecation headers of every reply. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

interface Place {
  readonly name: string;
  readonly label: string;
  readonly sitePolicy: AuthPolicy;
  readonly flowPolicy?: AuthPolicy | undefined;
  readonly flowDeprecation?: Deprecation | undefined;
}

export function compileOperation(options: AnyOperationOptions, place: Place): Operation {
  const { label, sitePolicy } = place;
  if (typeof options.handler !== "function") throw new RegistrationError(`${label}: give it a handler function.`);
  const policy = options.auth ?? place.flowPolicy ?? sitePolicy;
  if (typeof policy.authenticate !== "function") {
    throw new RegistrationError(`${label}: auth must be apiKey(…), bearer(…), oauth2(…) or none().`);
  }
  const scopes = options.scopes ?? [];
  if (scopes.length && policy.type === "none") {
    throw new RegistrationError(`${label}: asks for scopes, but its auth is none(). Give it an auth that has scopes.`);
  }
  const input: Schema = options.input ?? noInput;
  const output: Schema = options.output ?? anyOutput;
  const inputSchema = toJsonSchema(input, "input", `${label}, input`);
  if (inputSchema.type !== "object") {
    throw new RegistrationError(
      `${label}, input: arguments are a JSON object. Use an object schema, such as z.object({ query: z.string() }).`,
    );
  }
  if (options.price && !/^\d{1,9}(\.\d{1,6})?$/.test(options.price.amount)) {
    throw new RegistrationError(
      `${label}: the amount of a price is a decimal of at most six digits behind the point, such as "0.05".`,
    );
  }
  const timeoutMs = options.timeoutMs ?? (options.stream ? 300_000 : 30_000);
  if (!(timeoutMs > 0)) throw new RegistrationError(`${label}: timeoutMs must be positive.`);
  return {
    name: place.name,
    label,
    options,
    input,
    output,
    inputSchema,
    outputSchema: toJsonSchema(output, "output", `${label}, output`),
    policy,
    scopes,
    ownAuth: policy !== sitePolicy || scopes.length > 0,
    timeoutMs,
    headers: deprecationHeaders(options.deprecated ?? place.flowDeprecation, label),
  };
}

/** RFC 9745 `Deprecation`, RFC 8594 `Sunset`, and the message. */
function deprecationHeaders(deprecated: Deprecation | undefined, label: string) {
  if (!deprecated) return undefined;
  const { message, since, sunset, use } = deprecated;
  const date = (name: string, text: string) => {
    const time = Date.parse(text);
    if (Number.isNaN(time))
      throw new RegistrationError(`${label}: deprecated.${name} "${text}" is not an ISO 8601 date.`);
    return new Date(time);
  };
  const text = `Deprecated: ${message}${use ? ` Use ${use}.` : ""}`;
  return {
    "x-agent-warning": text.replace(/[^ -~]/g, "?").slice(0, 500),
    ...(since && { deprecation: `@${Math.floor(date("since", since).getTime() / 1000)}` }),
    ...(sunset && { sunset: date("sunset", sunset).toUTCString() }),
  };
}
