import { manifestPath } from "@agentgate/protocol/site";

/** What a path of the site protocol asks for. */
export type Route =
  | { readonly kind: "manifest" }
  | { readonly kind: "resource-metadata" }
  | { readonly kind: "intent"; readonly intent: string }
  | { readonly kind: "start"; readonly flow: string }
  | { readonly kind: "server-step"; readonly flow: string; readonly step: string }
  | { readonly kind: "client-step"; readonly flow: string; readonly step: string }
  | { readonly kind: "session"; readonly flow: string; readonly sessionId: string };

export const resourceMetadataPath = "/.well-known/oauth-protected-resource";

const intentsPath = "/agent/intents/";

/** Names need no encoding: their grammar allows no other characters. */
export const intentPath = (intent: string): string => intentsPath + intent;

/** The route of a path, or `undefined` for the site's own paths. */
export function matchRoute(path: string): Route | undefined {
  if (path.startsWith("/agent/")) return matchAgentRoute(path);
  if (path === manifestPath) return { kind: "manifest" };
  if (path.startsWith(resourceMetadataPath)) return { kind: "resource-metadata" };
  return undefined;
}

/** What is asked for, in words for those who run the site. */
export function nameOf(route: Route): string {
  if (route.kind === "intent") return `intent "${route.intent}"`;
  if (!("flow" in route)) return route.kind;
  return `${"step" in route ? `step "${route.step}"` : route.kind} of flow "${route.flow}"`;
}

function matchAgentRoute(path: string): Route | undefined {
  if (path.startsWith(intentsPath)) {
    const name = path.slice(intentsPath.length);
    return name === "" || name.includes("/") ? undefined : { kind: "intent", intent: decode(name) };
  }
  const parts = path.split("/");
  const [, , area, name, action, target] = parts;
  if (!name || area !== "flows") return undefined;
  const flow = decode(name);
  if (action === "start" && parts.length === 5) return { kind: "start", flow };
  if (!target || parts.length !== 6) return undefined;
  if (action === "step") return { kind: "server-step", flow, step: decode(target) };
  if (action === "steps") return { kind: "client-step", flow, step: decode(target) };
  if (action === "session") return { kind: "session", flow, sessionId: decode(target) };
  return undefined;
}

function decode(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
