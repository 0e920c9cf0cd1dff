import type { A2AVersion, AgentInterface, Binding } from "@agentgate/protocol/a2a";

/** How the caller speaks. */
export interface Speech {
  version: A2AVersion;
  binding: Binding;
}

/**
 * The interface that needs the least translation: the caller's version before any other, then the caller's binding, then the
 * card's own order. Where the version has to be translated, JSON-RPC: 0.3's ProtoJSON knows less.
 */
export function chooseInterface(interfaces: readonly AgentInterface[], { version, binding }: Speech): AgentInterface {
  const cost = (candidate: AgentInterface) =>
    candidate.version === version ? Number(candidate.binding !== binding) : 2 + Number(candidate.binding !== "JSONRPC");
  let best = interfaces[0]!;
  for (const candidate of interfaces) if (cost(candidate) < cost(best)) best = candidate;
  return best;
}
