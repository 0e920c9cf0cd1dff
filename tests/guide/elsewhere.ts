/** Code of pages that a test of its own runs: by page and language. */
export const elsewhere: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "docs/a2a.md": { sh: "packages/cli/src/a2a-docs.test.ts", js: "packages/cli/src/a2a-docs.test.ts" },
  "docs/analytics.md": {
    "sql clickhouse": "tests/analytics/clickhouse.analytics.ts",
    "sql duckdb": "packages/gateway/src/analytics/documented.test.ts",
  },
  "docs/chains.md": { ts: "packages/client/src/gateway/page.test.ts" },
  "docs/cli.md": { yaml: "packages/cli/src/docs.test.ts" },
  "docs/configuration-as-code.md": { yaml: "packages/cli/src/docs.test.ts" },
  "docs/containers.md": { yaml: "tools/release/helm.release.ts" },
  "docs/gateway-client.md": { ts: "packages/client/src/gateway/page.test.ts" },
  "docs/keys.md": { ts: "packages/client/src/gateway/page.test.ts" },
  "docs/ledger.md": { js: "packages/gateway/src/ledger/documented-check.test.ts" },
  "docs/reverse-proxy.md": {
    nginx: "tests/guide/reverse-proxy.test.ts",
    caddyfile: "tests/guide/reverse-proxy.test.ts",
  },
  "docs/site/auth.md": { ts: "packages/site/src/docs.test.ts", "ts run": "packages/site/src/docs.test.ts" },
  "docs/site/client.md": { ts: "packages/client/src/site/docs.test.ts" },
  "docs/site/exporters.md": { "ts run": "packages/site/src/docs.test.ts" },
  "docs/site/flows.md": {
    ts: "packages/site/src/docs.test.ts",
    "ts run": "packages/site/src/docs.test.ts",
    "ts decorators": "packages/site/src/docs.test.ts",
  },
  "docs/site/getting-started.md": { ts: "packages/site/src/docs.test.ts", "ts run": "packages/site/src/docs.test.ts" },
  "docs/site/servers.md": {
    js: "packages/site/src/docs.test.ts",
    ts: "packages/site/src/docs.test.ts",
    "ts run": "packages/site/src/docs.test.ts",
  },
  "docs/site/streaming.md": { "ts run": "packages/site/src/docs.test.ts" },
  "docs/visibility.md": { ts: "packages/client/src/gateway/page.test.ts" },
  "examples/foodpanda/README.md": { sh: "examples/foodpanda/foodpanda.test.ts" },
  "docs/webhooks.md": { ts: "tests/webhooks-page.test.ts" },
};
