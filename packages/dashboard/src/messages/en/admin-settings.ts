export const adminSettings = {
  search: "Search in names and meanings",
  onlySet: "Only what was set",
  risky: "What is risky",
  nothingRisky: "Nothing that the gateway knows of",
  all: "All settings",
  readOnly:
    "Of the node that answers. They are set where it is started, by variables of its environment or by options; a change takes a start.",
  setting: "Setting",
  value: "Value",
  source: "From",
  sources: { environment: "the environment", option: "an option", default: "default" },
  default: "Default",
  notSet: "not set",
  noHit: "No setting is like that.",
  clear: "Show all",
} as const;
