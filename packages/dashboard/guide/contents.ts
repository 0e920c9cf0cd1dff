/** A document of the guide. */
export interface Entry {
  /** Its address below `/guide/`. */
  slug: string;
  /** From the root of the checkout. */
  file: string;
}

export interface Group {
  /** What somebody wants to do. */
  title: string;
  entries: readonly Entry[];
}

const doc = (slug: string): Entry => ({ slug, file: `docs/${slug}.md` });

/** The guide by task: what people come for, in the order in which they do. A document that stands nowhere fails a test. */
export const contents: readonly Group[] = [
  {
    title: "Begin",
    entries: [
      { slug: "start", file: "README.md" },
      ...["quickstart", "concepts", "install", "glossary"].map(doc),
      { slug: "contents", file: "docs/README.md" },
    ],
  },
  {
    title: "Offer an agent",
    entries: [
      ...[
        "deploy-an-agent",
        "sell-an-agent",
        "agent-contract",
        "streams",
        "a2a",
        "mcp-servers",
        "deploy",
        "visibility",
        "approval",
      ],
      "configuration-as-code",
    ].map(doc),
  },
  {
    title: "Find and call agents",
    entries: ["search", "gateway-client", "mcp", "mcp-server", "discovery", "chains", "ucp"].map(doc),
  },
  {
    title: "Keys and limits",
    entries: ["organizations", "keys", "rate-limits", "errors", "sessions"].map(doc),
  },
  { title: "Money", entries: ["billing", "ledger"].map(doc) },
  { title: "See what happens", entries: ["logs", "stats", "analytics", "events", "webhooks", "audit"].map(doc) },
  {
    title: "Make a website callable",
    entries: [
      ...["getting-started", "flows", "streaming", "auth", "servers", "import-openapi", "exporters", "client"],
      ...["gateway", "directory", "testing"],
    ].map((name) => doc(`site/${name}`)),
  },
  {
    title: "Run it",
    entries: [
      ...["production", "containers", "reverse-proxy", "scaling", "backups", "versions", "operations", "configuration"],
      ...["telemetry", "security-model", "outbound-calls", "bounds"],
    ].map(doc),
  },
  {
    title: "Look up",
    entries: ["cli", "comparison", "licences"].map(doc),
  },
  {
    title: "How it is made",
    entries: [
      doc("architecture"),
      doc("a2a-conformance"),
      { slug: "performance", file: "bench/README.md" },
      { slug: "contributing", file: "CONTRIBUTING.md" },
      { slug: "security", file: "SECURITY.md" },
      { slug: "changelog", file: "CHANGELOG.md" },
    ],
  },
];
