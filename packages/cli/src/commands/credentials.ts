import { type AgentCredential, type AgentGateClient, GatewayError } from "@agentgate/client";
import { askSecret } from "../ask-secret.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { printable } from "../output/printable.ts";
import type { DefineCommand } from "./define-command.ts";

interface CredentialOptions {
  header?: string;
  bearer?: boolean;
  oauth2?: string;
  clientId?: string;
  scope?: string;
  remove?: boolean;
}

export const defineCredentials: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", "the agent's id, or its name")
    .option("--header <name>", "show the agent this header, such as X-API-Key")
    .option("--bearer", "show it a bearer token")
    .option("--oauth2 <token-url>", "fetch tokens there, as an OAuth 2 client")
    .option("--client-id <id>", "of the OAuth 2 client")
    .option("--scope <scopes>", "to ask for with OAuth 2")
    .option("--remove", "show it nothing any more")
    .addHelpText("after", HELP)
    .action(async (given: string, options: CredentialOptions) => {
      const { header, bearer, oauth2, remove } = options;
      if ([header, bearer, oauth2, remove].filter((option) => option !== undefined).length > 1) {
        throw wrong("Give one of --header, --bearer, --oauth2 and --remove");
      }
      const credential = remove ? undefined : await credentialOf(options);
      const client = await cli.client();
      const id = await findAgentId(client, given);
      if (remove) {
        await client.deleteAgentCredential(id);
        cli.output.result({ type: null }, () =>
          cli.output.done(`The gateway calls ${given} without a credential from now on`),
        );
        return;
      }
      const kept = await (credential ? client.setAgentCredential(id, credential) : keptCredential(client, id));
      cli.output.result(kept, () => {
        if (kept.type === null) cli.output.line(printable(`The gateway calls ${given} without a credential.`));
        else cli.output.done(`The gateway calls ${given} with ${words[kept.type]}`);
      });
    });

/** Which kind an agent is shown; `null` when it is shown none, which the gateway answers as 404. */
async function keptCredential(client: AgentGateClient, id: string): Promise<{ type: AgentCredential["type"] | null }> {
  return client.getAgentCredential(id).catch((error: unknown) => {
    if (GatewayError.isInstance(error) && error.message === "Credential not found") return { type: null };
    throw error;
  });
}

const SECRET = "AGENTGATE_AGENT_SECRET";
const HELP = `
Without options it tells which kind is set. The secret itself (the header's value, the token, or the OAuth 2 client's secret) is
taken from ${SECRET}, or else asked for, or from standard input; the gateway keeps it encrypted and never shows it again.
${examples(
  ["agentgate credentials my-agent --header X-API-Key < key.txt", "an API key"],
  ["agentgate credentials my-agent --oauth2 https://id.example/token --client-id me < secret.txt", "OAuth 2"],
  ["agentgate credentials my-agent --remove", "show it none any more"],
)}`;

const words: Record<AgentCredential["type"], string> = {
  header: "a key in a header",
  bearer: "a bearer token",
  oauth2: "tokens of an OAuth 2 client",
};

/** Undefined when no kind is asked for. */
async function credentialOf(options: CredentialOptions): Promise<AgentCredential | undefined> {
  const { header, bearer, oauth2, clientId, scope } = options;
  if (header !== undefined) return { type: "header", name: header, value: await readSecret() };
  if (bearer) return { type: "bearer", token: await readSecret() };
  if (oauth2 === undefined) return undefined;
  if (clientId === undefined) throw wrong("--oauth2 needs --client-id");
  return { type: "oauth2", tokenUrl: oauth2, clientId, clientSecret: await readSecret(), scope };
}

/** A command line can be read by other users of the machine, so no option holds it. */
async function readSecret(): Promise<string> {
  return process.env[SECRET] || askSecret("The secret:", missing);
}

const missing = {
  code: "secret_missing",
  message: "There is no secret to show the agent",
  hint: `Set ${SECRET}, type it when it is asked for, or give it on standard input: … < key.txt`,
};

const wrong = (message: string) => new CliError("invalid_options", message, { exitCode: 2 });
