/** What is said of keys, the palette and links to what is shown. */
export const keys = {
  title: "Keys",
  here: "On this page",
  everywhere: "Everywhere",
  letters: "Single letters are keys",
  lettersHint: "Ctrl K, Enter and Esc work in any case.",
  choices: { on: "Single letters", off: "No single letters" },
  palette: "Go anywhere by name or id",
  search: "Search",
  down: "Next row",
  up: "Row before",
  help: "These keys",
  earlier: "Earlier",
  later: "Later",
} as const;

export const palette = {
  title: "Go to",
  placeholder: "A page, an agent, or an id",
  found: "Found",
  nothing: "Nothing has that name, and it is no id.",
  count: (count: number) => (count === 1 ? "1 found" : `${count} found`),
  page: "Page",
  agent: "Agent",
  call: "Call",
  callsOf: "Calls of agent",
  payer: "Calls of payer",
  request: "Request",
  task: "Calls of task",
  trace: "Calls of trace",
  delivery: "Delivery",
  chain: "Chain",
} as const;

export const link = {
  copy: "Copy link",
  copyThis: "Copy the link to this page",
  copyFixed: "Copy a link to just this time",
  fixed: "Just this time",
  moving: (range: string) => `Always the ${range.toLowerCase()}`,
  copied: "The link is copied.",
  fixedCopied: "The link is copied. It shows this time also later.",
  movingCopied: "The link is copied. It shows what is there when it is opened.",
} as const;
