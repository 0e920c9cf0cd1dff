import type { JsonObject } from "../json.ts";
import type { NormalizedCard } from "./normalize.ts";

/** The shapes a card is served in. A hybrid carries 0.3's members beside 1.0's `supportedInterfaces`. */
export type CardFormat = "1.0" | "hybrid" | "0.3";

/** What the gateway says in place of the agent's own words. */
export interface CardFace {
  /** Where the gateway answers for this agent, without a slash at the end. */
  url: string;
  streaming: boolean;
  pushNotifications: boolean;
  extendedAgentCard: boolean;
  /** Whether callers must, or may have to, show a key. */
  authentication: "none" | "bearer";
  /** Members of the gateway's own, such as `ucp`. */
  extra?: JsonObject;
}

export type CardContent = Omit<NormalizedCard, "interfaces">;

const SCHEME = "agentgate";
/** Spelled alike in both versions: a reader that translates 0.3's scheme has the same card, and the same signature fits. */
const SCHEME_NAME = "Bearer";
const SCHEME_TEXT = "An AgentGate key: an organization's, or the agent's own";

/**
 * An agent's card as the gateway serves it: every address is the gateway's, security is the gateway's, capabilities are those
 * that both have, everything else is the agent's. ProtoJSON, members in the order of the proto; required members are always there.
 */
export function renderCard(content: CardContent, face: CardFace, format: CardFormat): JsonObject {
  if (format === "1.0") return { ...renderV1(content, face), ...face.extra };
  const legacy = renderV03(content, face);
  if (format === "0.3") return { ...legacy, ...face.extra };
  const { capabilities, securitySchemes: _, ...current } = renderV1(content, face);
  return { ...legacy, ...current, capabilities: capabilities as JsonObject, ...face.extra };
}

function renderV1(content: CardContent, face: CardFace): JsonObject {
  const secured = face.authentication === "bearer";
  return {
    name: content.name,
    description: content.description,
    supportedInterfaces: [
      { url: face.url, protocolBinding: "JSONRPC", protocolVersion: "1.0" },
      { url: face.url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" },
      { url: face.url, protocolBinding: "JSONRPC", protocolVersion: "0.3" },
      { url: restUrl(face), protocolBinding: "HTTP+JSON", protocolVersion: "0.3" },
    ],
    version: content.version,
    capabilities: {
      ...capabilitiesOf(content, face),
      ...(content.capabilities.extendedAgentCard && face.extendedAgentCard && { extendedAgentCard: true }),
    },
    ...(secured && {
      securitySchemes: { [SCHEME]: { httpAuthSecurityScheme: { description: SCHEME_TEXT, scheme: SCHEME_NAME } } },
      securityRequirements: [{ schemes: { [SCHEME]: { list: [] } } }],
    }),
    ...modesOf(content),
    skills: content.skills,
    ...content.rest,
  };
}

function renderV03(content: CardContent, face: CardFace): JsonObject {
  const secured = face.authentication === "bearer";
  return {
    protocolVersion: "0.3.0",
    name: content.name,
    description: content.description,
    url: face.url,
    preferredTransport: "JSONRPC",
    additionalInterfaces: [
      { url: face.url, transport: "JSONRPC" },
      { url: restUrl(face), transport: "HTTP+JSON" },
    ],
    version: content.version,
    capabilities: { ...capabilitiesOf(content, face), stateTransitionHistory: false },
    supportsAuthenticatedExtendedCard: content.capabilities.extendedAgentCard && face.extendedAgentCard,
    ...(secured && {
      securitySchemes: { [SCHEME]: { type: "http", scheme: SCHEME_NAME, description: SCHEME_TEXT } },
      security: [{ [SCHEME]: [] }],
    }),
    ...modesOf(content),
    skills: content.skills,
    ...content.rest,
  };
}

/** 0.3 wants one transport for each URL (its section 5.6.4), so HTTP+JSON has one of its own there. */
const restUrl = ({ url }: CardFace): string => `${url}/rest`;

const capabilitiesOf = ({ capabilities }: CardContent, face: CardFace): JsonObject => ({
  streaming: capabilities.streaming && face.streaming,
  pushNotifications: capabilities.pushNotifications && face.pushNotifications,
  ...(capabilities.extensions.length > 0 && { extensions: capabilities.extensions }),
});

const modesOf = ({ defaultInputModes, defaultOutputModes }: CardContent): JsonObject => ({
  defaultInputModes: defaultInputModes.length ? defaultInputModes : ["text/plain"],
  defaultOutputModes: defaultOutputModes.length ? defaultOutputModes : ["text/plain"],
});
