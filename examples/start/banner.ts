export interface BannerFacts {
  version: string;
  url: string;
  /** Where the records live, as a person would say it. */
  data: string;
  startedInMs: number;
  mintedAdminKey: string | undefined;
  adminKeyConfigured: boolean;
  /** Signs a browser in, once. */
  signInLink: string;
  agents: { id: string; name: string }[];
}

/** What `npm start` prints once everything answers. */
export function banner(facts: BannerFacts): string {
  const { url, agents } = facts;
  const task = JSON.stringify({ id: "task-1", message: { parts: [{ type: "text", text: "Hello!" }] } });
  const key =
    facts.mintedAdminKey ??
    (facts.adminKeyConfigured
      ? "the one in AGENTGATE_API_KEY"
      : "as printed at the first start (only its hash is kept; AGENTGATE_API_KEY sets another)");
  return `
AgentGate ${facts.version} answers after ${(facts.startedInMs / 1000).toFixed(2)} s.

  Gateway    ${url}
  Dashboard  ${url}/dashboard
  API docs   ${url}/docs
  Data       ${facts.data}
  Admin key  ${key}${facts.mintedAdminKey ? "\n             Shown this once: keep it. Only its hash is stored." : ""}

  Sign in    ${facts.signInLink}
             Opens this gateway in a browser as the admin: once, within ten minutes.

  Agents     ${agents.map(({ name, id }) => `${name.padEnd(12)} ${url}/agents/${id}`).join("\n             ")}

Try it:

  curl -s ${url}/agents/${agents[0]?.id}/task -H 'Content-Type: application/json' \\
    -d '${task}'

This is for trying things out: agents may live on private addresses. For real use: npx @agentgate/cli serve --help
Press Ctrl-C to stop.
`;
}
