import { META_PREFIX } from "@agentgate/protocol";
import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { Agent } from "../../agents/index.ts";
import type { AgentAnswer } from "../calls/tool-result.ts";
import { cleanJson, cleanText, isClean, shortened } from "../tools/clean-text.ts";

/** What an agent asks its caller, as a client shows it to a person. */
export type Question =
  | { mode: "form"; message: string; requestedSchema: JsonObject /** The schema is the agent's own. */; isOwn: boolean }
  | { mode: "url"; message: string; url: string };

const MESSAGE_LENGTH_MAX = 1_000;
/** Beyond, nobody reads a question to its end, and no address that it names. */
const READ_LENGTH_MAX = 10_000;
const NAME_LENGTH_MAX = 80;
const PROPERTIES_MAX = 20;
/** What is asked at once. */
const REQUESTS_MAX = 16;
const KEY_LENGTH_MAX = 128;
const TEXT_LENGTH_MAX = 300;

/** Where an agent says by which schema it is to be answered: of a data part, or in the metadata of its task. */
const SCHEMA_MEMBER = "requestedSchema";
/** What an MCP server asks, in the question of the agent that it is. */
const REQUESTS_MEMBER = "inputRequests";

/** What can be asked of a person where an agent's question has no schema, or one that no form shows. */
const ANSWER = {
  type: "object",
  properties: { answer: { type: "string", title: "Answer", description: "What the agent is told" } },
  required: ["answer"],
} as const;

/** The question of an agent whose task awaits its caller. */
export function questionOf(answer: AgentAnswer, agent: Agent): Question {
  const { state, metadata } = answer;
  const said = saidIn(answer);
  const words = textIn(said);
  const name = nameOf(agent);
  const asked = cleanText(words).trim();
  if (state === "auth-required") {
    const url = urlIn(said, words);
    const message = `${name} asks you to sign in: ${asked || "it needs your authorization to go on"}`;
    if (url) return { mode: "url", message: shortened(withoutLinks(message), MESSAGE_LENGTH_MAX), url };
  }
  const message = messageOf(name, asked);
  const request = requestIn(said);
  if (request?.mode === "url") {
    const url = secureUrl(request.url);
    if (url) return { mode: "url", message, url };
  }
  const own = schemaIn(said, metadata);
  return { mode: "form", message, requestedSchema: own ?? ANSWER, isOwn: own !== undefined };
}

/**
 * What an agent asks where it asks several things at once, each by its name; undefined where it does not. `unshowable` where one of them is
 * none that a form shows, or that is asked at a secure address: of several things, one text answers none.
 */
export function questionsOf(
  answer: AgentAnswer,
  agent: Agent,
): readonly { name: string; question: Question }[] | "unshowable" | undefined {
  const requests = requestsIn(saidIn(answer));
  if (answer.state !== "input-required" || requests.length < 2) return undefined;
  if (requests.length > REQUESTS_MAX) return "unshowable";
  const asking: { name: string; question: Question }[] = [];
  for (const [name, request] of requests) {
    const question = name.length <= KEY_LENGTH_MAX ? shownQuestion(request, nameOf(agent)) : undefined;
    if (!question) return "unshowable";
    asking.push({ name, question });
  }
  return asking;
}

function shownQuestion(request: unknown, agentName: string): Question | undefined {
  if (!isObject(request) || request.method !== "elicitation/create" || !isObject(request.params)) return undefined;
  const { mode = "form", message: said, url: address, [SCHEMA_MEMBER]: schema } = request.params;
  const asked = typeof said === "string" ? cleanText(said.slice(0, READ_LENGTH_MAX)).trim() : "";
  const message = messageOf(agentName, asked);
  if (mode === "url") {
    const url = secureUrl(address);
    return url === undefined ? undefined : { mode: "url", message, url };
  }
  const requestedSchema = mode === "form" && isObject(schema) ? flatForm(schema) : undefined;
  return requestedSchema && { mode: "form", message, requestedSchema, isOwn: true };
}

const saidIn = ({ statusParts, parts }: AgentAnswer): readonly JsonObject[] =>
  statusParts.length > 0 ? statusParts : parts;

const nameOf = (agent: Agent): string => shortened(cleanText(agent.name), NAME_LENGTH_MAX);

const messageOf = (name: string, asked: string): string =>
  shortened(`${name} asks: ${withoutLinks(asked) || "it needs an answer to go on"}`, MESSAGE_LENGTH_MAX);

function textIn(parts: readonly JsonObject[]): string {
  let words = "";
  for (const { text } of parts) {
    if (typeof text !== "string") continue;
    words += `${words === "" ? "" : "\n"}${text.slice(0, READ_LENGTH_MAX)}`;
    if (words.length > READ_LENGTH_MAX) break;
  }
  return words.slice(0, READ_LENGTH_MAX);
}

/** In a form a link would look like the client's own. The scheme's length is bounded, for else each letter begins one that is read on. */
const withoutLinks = (text: string): string =>
  text.replace(/\b[a-z][a-z0-9+.-]{0,30}:\/\/\S+|\bwww\.\S+|\bmailto:\S+/gi, "(a link was left out)");

/** Where somebody signs in: by https, or not at all. */
function urlIn(parts: readonly JsonObject[], words: string): string | undefined {
  const named = parts.flatMap(({ url, data }) => [url, isObject(data) ? (data.url ?? data.auth_url) : undefined]);
  const found = [...named, /https:\/\/[^\s<>"')]+/.exec(words)?.[0]].find(
    (url) => typeof url === "string" && URL.canParse(url) && new URL(url).protocol === "https:",
  );
  return secureUrl(found);
}

function secureUrl(found: unknown): string | undefined {
  if (typeof found !== "string" || !URL.canParse(found)) return undefined;
  const url = new URL(found);
  return url.protocol === "https:" && url.username === "" && url.password === "" ? url.href : undefined;
}

/** What an MCP server asks its client for, by its keys. */
function requestsIn(parts: readonly JsonObject[]): [key: string, request: unknown][] {
  const asked = parts.map(({ data }) => (isObject(data) ? data[REQUESTS_MEMBER] : undefined)).find(isObject);
  return Object.entries(asked ?? {});
}

/** The same, where it is one thing. */
function requestIn(parts: readonly JsonObject[]): JsonObject | undefined {
  const [request, ...others] = requestsIn(parts).map(([, one]) => one);
  return isObject(request) && isObject(request.params) && others.length === 0 ? request.params : undefined;
}

/** By which names an agent's question is answered, where one text is no answer to it; none where it is, or may be. */
export function keysOfForms(answer: AgentAnswer): string[] {
  const requests = requestsIn(saidIn(answer)).slice(0, REQUESTS_MAX);
  const [[, only] = []] = requests;
  const params = isObject(only) && isObject(only.params) ? only.params : {};
  const schema = isObject(params[SCHEMA_MEMBER]) ? params[SCHEMA_MEMBER] : {};
  const fields = isObject(schema.properties) ? Object.values(schema.properties) : [];
  const isText = fields.length === 1 && isObject(fields[0]) && fields[0].type === "string";
  const isOne = requests.length < 2 && (params.mode === "url" || isText);
  return isOne ? [] : requests.map(([key]) => key.slice(0, KEY_LENGTH_MAX));
}

function schemaIn(parts: readonly JsonObject[], metadata: unknown): JsonObject | undefined {
  const given =
    parts.map(({ data }) => (isObject(data) ? data[SCHEMA_MEMBER] : undefined)).find(isObject) ??
    requestIn(parts)?.[SCHEMA_MEMBER] ??
    (isObject(metadata) ? metadata[`${META_PREFIX}requested-schema`] : undefined);
  return isObject(given) ? flatForm(given) : undefined;
}

/** What is asked for in no form, for it is shown in plain text and kept by whoever keeps the conversation. */
const SECRET = /passw|secret|token|api.?key|credential|\bpin\b|cvv|cvc|card.?number|iban|ssn/i;

/** The schema as forms take it: flat, of primitives, with no secrets. Undefined for any other. */
export function flatForm(schema: JsonObject): JsonObject | undefined {
  const { type, properties, required } = schema;
  if (type !== "object" || !isObject(properties)) return undefined;
  const entries = Object.entries(properties);
  if (entries.length === 0 || entries.length > PROPERTIES_MAX) return undefined;
  const made: JsonObject = {};
  for (const [name, property] of entries) {
    const field = isObject(property) && isClean(name) && !SECRET.test(name) ? fieldOf(property) : undefined;
    if (!field) return undefined;
    made[name] = field;
  }
  const needed = Array.isArray(required) ? required.filter((name) => typeof name === "string" && name in made) : [];
  return { type: "object", properties: made, ...(needed.length > 0 && { required: needed }) };
}

/** Members that a field may have, by its type (the schema's `PrimitiveSchemaDefinition`). */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "default"],
  number: ["minimum", "maximum", "default"],
  integer: ["minimum", "maximum", "default"],
  boolean: ["default"],
};
const FORMATS = new Set(["email", "uri", "date", "date-time"]);

function fieldOf(property: JsonObject): JsonObject | undefined {
  const { type, title, description, format } = property;
  const values = property.enum;
  if (typeof type !== "string" || !(type in MEMBERS)) return undefined;
  if (format === "password") return undefined;
  const field: JsonObject = { type };
  if (typeof title === "string") field.title = shortened(cleanText(title.slice(0, READ_LENGTH_MAX)), TEXT_LENGTH_MAX);
  if (typeof description === "string") {
    const read = cleanText(description.slice(0, READ_LENGTH_MAX));
    field.description = shortened(withoutLinks(read), TEXT_LENGTH_MAX);
  }
  if (values !== undefined) {
    if (type !== "string" || !Array.isArray(values) || values.length > 100) return undefined;
    if (!values.every((value) => typeof value === "string" && isClean(value))) return undefined;
    return { ...field, enum: values };
  }
  if (type === "string" && FORMATS.has(format as string)) field.format = format;
  for (const name of MEMBERS[type]!) {
    const value = property[name];
    const isDefault = name === "default" && typeof value === (type === "integer" ? "number" : type);
    if (isDefault || (name !== "default" && Number.isFinite(value))) field[name] = cleanJson(value);
  }
  return field;
}
