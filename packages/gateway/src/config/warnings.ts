import { nearest } from "@agentgate/protocol";
import { type Config, settings } from "./settings.ts";

/** Variables of the same family that are none of the gateway's settings. */
const others = new Set([
  "AGENTGATE_SERVER",
  "AGENTGATE_PROFILE",
  "AGENTGATE_AGENT_KEY",
  "AGENTGATE_SITE_KEY",
  "AGENTGATE_AGENT_SECRET",
  "AGENTGATE_WEBHOOK_SECRET",
  "AGENTGATE_FAILPOINT",
  "AGENTGATE_DESIGN_PAGE",
  "AGENTGATE_NODE_FOUND",
  "AGENTGATE_SEED",
  "AGENTGATE_SOAK",
]);
/** What Kubernetes sets for a service of that name, what configuration files refer to, and what tests set. */
const foreign = /^AGENTGATE_(?:AGENT_KEY_.+|(?:.+_)?SERVICE_(?:HOST|PORT)(?:_.+)?|(?:.+_)?PORT_\d+_.+|TEST_.+)$/;

const family = "AGENTGATE_";
const plain = (variable: string) => variable.replace(family, "").toLowerCase();

/** What an operator should know of settings that can be used, but hardly do what was meant: a sentence for each. */
export function configWarnings(config: Config, env: Record<string, string | undefined>): string[] {
  return [...unreachable(config), ...otherProtocol(config), ...misspelt(Object.keys(env))];
}

/** Listening where cards and links do not say that it does. */
export function unreachable({ host, publicUrl }: Config): string[] {
  if (publicUrl !== undefined || !["0.0.0.0", "::"].includes(host)) return [];
  return [
    `Listening on all addresses (${host}) without AGENTGATE_PUBLIC_URL: agent cards and links say 127.0.0.1, which nobody elsewhere reaches. ` +
      "Set it to the address that callers use, such as https://gateway.example",
  ];
}

/** Of OpenTelemetry's two ports, the gateway speaks the protocol of one. */
export function otherProtocol({ otlpEndpoint }: Config): string[] {
  if (otlpEndpoint === undefined || new URL(otlpEndpoint).port !== "4317") return [];
  return [
    "OTEL_EXPORTER_OTLP_ENDPOINT has port 4317, where collectors take OTLP over gRPC; this gateway sends it over HTTP, for which their port is 4318",
  ];
}

function misspelt(variables: readonly string[]): string[] {
  const known = new Map(Object.values(settings).map(({ env }) => [plain(env), env]));
  const isUnknown = (variable: string) =>
    variable.startsWith(family) &&
    known.get(plain(variable)) !== variable &&
    !others.has(variable) &&
    !foreign.test(variable);
  return variables.filter(isUnknown).map((variable) => {
    const meant = known.get(plain(variable)) ?? known.get(nearest(plain(variable), [...known.keys()]) ?? "");
    return `${variable} is no setting, and does nothing${meant === undefined ? "; docs/configuration.md has them all" : `; did you mean ${meant}?`}`;
  });
}
