/** What models are told of this server, beside its tools. */
export const instructions = (place: "agent" | "gateway"): string =>
  [
    place === "agent"
      ? "This is an AI agent behind AgentGate, a gateway that meters and bills calls."
      : "These are AI agents behind AgentGate, a gateway that meters and bills calls.",
    "Each tool's description ends with its price; a call that fails costs nothing.",
    'A call that is repeated is paid twice, unless both carry the same key in _meta["dev.agentgate/idempotency-key"] or the header Idempotency-Key.',
    "Where a result asks something back, call the same tool again with the task_id that it names and your answer as message.",
  ].join(" ");
