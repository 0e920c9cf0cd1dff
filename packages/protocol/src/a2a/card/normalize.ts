import type { Binding } from "../dialect.ts";
import { isObject, type JsonObject, member, nonEmpty, toSnakeCase } from "../json.ts";
import { couldBe, ruledNames } from "../ruled-names.ts";
import type { A2AVersion } from "../version.ts";

/** One way to reach an agent, as its card tells. */
export interface AgentInterface {
  /** Absolute. */
  url: string;
  binding: Binding;
  version: A2AVersion;
  /** To be sent along with every request to this interface. */
  tenant?: string;
}

/** What a card says, whatever version or habit it was written in. */
export interface NormalizedCard {
  name: string;
  description: string;
  version: string;
  skills: JsonObject[];
  /** In the card's order of preference; only what the gateway can speak. */
  interfaces: AgentInterface[];
  capabilities: {
    streaming: boolean;
    pushNotifications: boolean;
    extendedAgentCard: boolean;
    extensions: JsonObject[];
  };
  defaultInputModes: string[];
  defaultOutputModes: string[];
  /** `provider`, `iconUrl`, `documentationUrl` and whatever else the card holds that the gateway has no rule for. */
  rest: JsonObject;
}

/** A document that is no agent card; the message says why. */
export class CardError extends Error {
  override readonly name = "CardError";
}

const ruled = new Set([
  "name",
  "description",
  "version",
  "skills",
  "capabilities",
  "defaultInputModes",
  "defaultOutputModes",
  "supportedInterfaces",
  "url",
  "preferredTransport",
  "additionalInterfaces",
  "protocolVersion",
  "protocolVersions",
  "supportsAuthenticatedExtendedCard",
  "securitySchemes",
  "securityRequirements",
  "security",
  "authentication",
  "signatures",
]);

/** What the gateway says itself in a card that it serves; `ucp` where the agent has a price. */
const lookedAt = ruledNames([...ruled, "ucp"]);
const skillNames = ruledNames(["id", "name", "description", "tags", "security", "securityRequirements"]);

/** The gateway has no rule for it, and no reader takes it for what the gateway says: Go's takes `URL` for `url`, and the last counts. */
const isFree = (name: string): boolean => !ruled.has(name) && (name === "ucp" || !couldBe(name, lookedAt));

/**
 * Reads an agent card of 1.0, 0.3, 0.2 or 0.1, a hybrid, ProtoJSON with proto names, or one that leaves required members out.
 *
 * @param cardUrl where the card was found; relative interface URLs are resolved against it, and count for nothing without it
 * @throws CardError when it names no agent or no interface that the gateway can speak
 */
export function normalizeCard(value: unknown, cardUrl?: string): NormalizedCard {
  if (!isObject(value)) throw new CardError("The card is not a JSON object");
  const card = camelCase(value);
  const name = nonEmpty(card.name);
  if (name === undefined) throw new CardError("The card has no name");
  const interfaces = interfacesOf(card, cardUrl);
  if (interfaces.length === 0) {
    throw new CardError("The card names no interface over JSON-RPC or HTTP+JSON in version 1.0 or 0.3");
  }
  const capabilities = isObject(card.capabilities) ? camelCase(card.capabilities) : {};
  return {
    name,
    description: nonEmpty(card.description) ?? "",
    version: nonEmpty(card.version) ?? "1.0.0",
    skills: objectsOf(card.skills).map(normalizeSkill),
    interfaces,
    capabilities: {
      streaming: capabilities.streaming === true,
      pushNotifications: capabilities.pushNotifications === true,
      extendedAgentCard: capabilities.extendedAgentCard === true || card.supportsAuthenticatedExtendedCard === true,
      extensions: objectsOf(capabilities.extensions),
    },
    defaultInputModes: stringsOf(card.defaultInputModes),
    defaultOutputModes: stringsOf(card.defaultOutputModes),
    rest: Object.fromEntries(Object.entries(card).filter(([key]) => isFree(key))),
  };
}

/** ProtoJSON leaves empty members out, and security names schemes that the gateway replaces. */
function normalizeSkill(value: JsonObject): JsonObject {
  const skill = camelCase(value);
  const name = nonEmpty(skill.name) ?? nonEmpty(skill.id) ?? "";
  return {
    ...Object.fromEntries(Object.entries(skill).filter(([key]) => !couldBe(key, skillNames))),
    id: nonEmpty(skill.id) ?? name,
    name,
    description: nonEmpty(skill.description) ?? "",
    tags: stringsOf(skill.tags),
  };
}

function interfacesOf(card: JsonObject, cardUrl: string | undefined): AgentInterface[] {
  const cardVersion = nonEmpty(card.protocolVersion) ?? stringsOf(card.protocolVersions)[0];
  const stated = interfacesIn(objectsOf(card.supportedInterfaces), cardVersion ?? "1.0", cardUrl);
  // Of a hybrid, 1.0's members may name only what the gateway does not speak.
  return stated.length > 0 ? stated : interfacesIn(earlierInterfaces(card), cardVersion ?? "0.3", cardUrl);
}

function interfacesIn(entries: readonly JsonObject[], fallback: string, cardUrl: string | undefined): AgentInterface[] {
  const found = entries.flatMap((entry): AgentInterface[] => {
    const binding = bindingOf(statedBinding(entry));
    const version = versionOf(member(entry, "protocolVersion") ?? fallback);
    const url = absoluteUrl(entry.url, cardUrl);
    if (!binding || !version || !url) return [];
    const tenant = nonEmpty(entry.tenant);
    return [{ url, binding, version, ...(tenant !== undefined && { tenant }) }];
  });
  const seen = new Set<string>();
  return found.filter(({ url, binding, version }) => {
    const key = `${binding} ${version} ${url}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** As versions before 1.0 name them. */
const earlierInterfaces = (card: JsonObject): JsonObject[] => [
  { url: card.url, transport: card.preferredTransport ?? "JSONRPC" },
  ...objectsOf(card.additionalInterfaces),
];

const statedBinding = (entry: JsonObject): unknown => member(entry, "protocolBinding") ?? entry.transport;

/**
 * The addresses of a card's interfaces as they are stated, for judging them: all that the gateway might speak to, whatever their scheme, and
 * of other bindings those that are on the web. Relative ones are resolved against `cardUrl`, and count for nothing without it.
 */
export function statedAddresses(value: unknown, cardUrl?: string): string[] {
  if (!isObject(value)) return [];
  const card = camelCase(value);
  const entries = [...objectsOf(card.supportedInterfaces), ...earlierInterfaces(card)];
  return [...new Set(entries.flatMap((entry) => statedAddress(entry, cardUrl)))];
}

function statedAddress(entry: JsonObject, cardUrl: string | undefined): string[] {
  const { url } = entry;
  if (typeof url !== "string" || url === "") return [];
  const isAbsolute = URL.canParse(url) || /^\s*[a-z][a-z0-9+.-]*:/i.test(url);
  if (bindingOf(statedBinding(entry) ?? "JSONRPC") === undefined) {
    return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? [url] : [];
  }
  if (isAbsolute) return [url];
  return cardUrl !== undefined && URL.canParse(url, cardUrl) ? [new URL(url, cardUrl).href] : [];
}

function bindingOf(name: unknown): Binding | undefined {
  const plain = String(name ?? "")
    .toUpperCase()
    .replaceAll(/[\s_-]/g, "");
  if (plain === "JSONRPC") return "JSONRPC";
  return plain === "HTTP+JSON" || plain === "REST" || plain === "HTTPJSON" ? "HTTP+JSON" : undefined;
}

/** 0.2 differs from 0.3 on the wire in nothing that the gateway sends. */
function versionOf(version: unknown): A2AVersion | undefined {
  if (/^v?1(\.|$)/.test(String(version))) return "1.0";
  return /^v?0\.[123](\.|$)/.test(String(version)) ? "0.3" : undefined;
}

function absoluteUrl(url: unknown, base: string | undefined): string | undefined {
  if (typeof url !== "string" || url === "" || !URL.canParse(url, base)) return undefined;
  const absolute = new URL(url, base);
  if (absolute.protocol !== "http:" && absolute.protocol !== "https:") return undefined;
  return URL.canParse(url) ? url : absolute.href;
}

/** Members that a rule knows only to pass them on. */
const passed = ["provider", "iconUrl", "documentationUrl", "examples", "inputModes", "outputModes", "tags", "id"];
const inCapabilities = ["streaming", "pushNotifications", "stateTransitionHistory", "extendedAgentCard", "extensions"];
const protoNames = new Map(
  [...ruled, ...passed, ...inCapabilities]
    .map((name) => [toSnakeCase(name), name])
    .filter(([snake, name]) => snake !== name) as [string, string][],
);

/** The protocol's members by their JSON names, all others by their own; null is ProtoJSON's "not set". */
function camelCase(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [protoNames.get(key) ?? key, value]),
  );
}

const objectsOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
