/** What agents can do, and what that costs. */
export const skills = {
  skills: "What it can do",
  tools: "Its tools",
  none: "It names no skill.",
  skill: "Skill",
  asTool: "As a tool of MCP",
  price: "A task",
  state: "State",
  states: {
    live: "Offered",
    changed: "Changed: waits for you",
    pending: "New: waits for you",
    gone: "Gone",
  },
  takes: "What it takes",
  prices: "Prices",
  pricesWhat:
    "In dollars. A skill without a price of its own costs what any task does; a task that names no skill costs as much as the dearest, so that none is had for less.",
  priceHint: "Empty: what any task costs.",
  raises: "The price of a task that names no skill rises with it, to",
  savePrices: "Save the prices",
} as const;
