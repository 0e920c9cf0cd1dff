/**
 * What a page takes for granted when it begins: the shell in which a reader has got so far. `agent NAME` registers an agent and prints its
 * id, `org NAME` makes an organization and prints its key.
 */
export const takenForGranted: Readonly<Record<string, string>> = {
  "docs/audit.md": `
    export ORG_KEY=$(org acme) ORG=$(id_of acme) AGENT=$(agent translator)`,
  "docs/backups.md": `
    (DATABASE_URL=$POSTGRES exec agentgate serve --port 9798 > /dev/null) & listens 9798; kill %1; wait %1 || true`,
  "docs/billing.md": `
    export KEY=$(org acme) ORG=$(id_of acme)`,
  "docs/cli.md":
    "mkdir -p ~/.zfunc ~/.config/fish/completions; echo $KEY > key.txt; agent my-agent > /dev/null; export AGENTGATE_API_KEY=$(org acme); echo text > report.txt; mkdir my-agent; printf 'name: my-agent\\nversion: 2.0.0\\nurl: %s\\n' $ECHO > my-agent/agentgate.yaml; mkdir my-first my-hosted; printf 'name: my-first\\nurl: https://example.com\\ndescription: d\\nversion: 1.0.0\\nskills:\\n  - id: chat\\n    name: Chat\\ntags: [demo]\\nprice_per_task: free\\n' > my-first/agentgate.yaml; echo 'name: my-hosted' > my-hosted/agentgate.yaml; echo 'import { createServer } from \"node:http\"; createServer((request, response) => { request.resume(); response.end(\"{}\"); }).listen(process.env.PORT, \"127.0.0.1\");' > my-hosted/agent.mjs",
  "docs/deploy.md": `
    mkdir my-agent; echo 'name: my-agent' > my-agent/agentgate.yaml
    echo 'import { createServer } from "node:http";
      createServer((request, response) => { request.resume(); response.end("{}"); }).listen(process.env.PORT, "127.0.0.1");
      console.log("hello");' > my-agent/agent.mjs`,
  "docs/mcp.md": "export ORG_KEY=$(org acme) ORG=$(id_of acme)",
  "docs/mcp-servers.md": `
    export KEY=$(org acme); agentgate topup acme 10 > /dev/null
    export ID=$(AGENTGATE_API_KEY=$KEY call /agents/ -d '{"protocol":"mcp","url":"https://weather.example/mcp","tools":{"prices":{"forecast":"0.05"}}}' | jq -r .id)
    export DIGEST=$(AGENTGATE_API_KEY=$KEY call "/agents/$ID/refresh?dry_run=true" -X POST | jq -r .digest)`,
  "docs/operations.md": "export AGENTGATE_SECRET_KEY=the-old-secret-key",
  "docs/reverse-proxy.md": "export ID=$(agent my-agent)",
  "docs/site/directory.md": "echo https://myshop.com > urls.txt",
  "docs/events.md": "agent my-agent > /dev/null",
  "docs/keys.md": `
    agent translator > /dev/null; agent writer > /dev/null
    export AGENTGATE_API_KEY=$(org acme)`,
  "docs/logs.md": "agent my-agent > /dev/null; agent my-server > /dev/null",
  // The agent that is made listens on the port that its file names, which may be taken here.
  "docs/quickstart.md": `
    export PORT=9000
    agentgate() { command agentgate "$@"; [ "$1" != init ] || sed -i s/90""00/$PORT/ my-agent/agentgate.yaml; }`,
  "docs/scaling.md": "export DATABASE_URL=$POSTGRES REDIS_URL=$REDIS",
  "docs/site/import-openapi.md": `
    echo '{"openapi":"3.1.0","info":{"title":"Shop","version":"1"},"servers":[{"url":"https://api.example.com/v1"}],"paths":{
      "/products":{"get":{"operationId":"listProductsV2","summary":"List products","responses":{"200":{"description":"ok"}}}},
      "/orders/{id}":{"delete":{"operationId":"deleteOrder","tags":["orders"],"parameters":[{"name":"id","in":"path","required":true,
        "schema":{"type":"string"}}],"responses":{"204":{"description":"ok"}}}}}}' > openapi.yaml`,
  "docs/stats.md": "agent my-agent > /dev/null",
  "docs/ucp.md": `
    export SELLER_KEY=$(org seller) ORG_KEY=$(org buyer) AGENT_URL=$ECHO
    agentgate topup buyer 10 > /dev/null`,
  "docs/visibility.md": `
    agent my-agent > /dev/null
    org partner > /dev/null; export PARTNER=$(id_of partner)`,
  "docs/webhooks.md": `
    export KEY=$(org acme)
    export AGENT=$(AGENTGATE_API_KEY=$KEY agent my-agent)
    export ENDPOINT=$(call /webhooks/endpoints -d "{\\"url\\":\\"$ECHO\\",\\"org_id\\":\\"$(id_of acme)\\"}" | jq -r .id)
    agentgate webhooks test $ENDPOINT > /dev/null; export DELIVERY=$(agentgate webhooks list --json | jq -r '.entries[0].id')
    export AGENTGATE_API_KEY=$KEY; export OLD_ENDPOINT=$(call /webhooks/endpoints -d "{\\"url\\":\\"$ECHO\\"}" | jq -r .id)`,
  "packages/cli/README.md": `
    mkdir my-agent; printf 'name: my-agent\\nurl: %s\\nskills: [{id: chat, name: Chat}]\\n' $ECHO > my-agent/agentgate.yaml`,
  "packages/client/README.md": `
    printf 'name: echo\\nurl: %s\\nskills: [{id: echo, name: Echo}]\\n' $ECHO > agentgate.yaml; agentgate deploy . > /dev/null`,
};
