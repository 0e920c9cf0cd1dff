import type { AgentFields, AgentGateClient } from "@agentgate/client";
import type { Agent } from "@agentgate/protocol";
import type { AgentFile } from "../agent-file/agent-file.ts";
import { type CardSource, readCard } from "../agent-file/read-card.ts";
import { CliError } from "../cli-error.ts";
import { findSame, nameOf } from "../deploying/demand-new.ts";
import { isLocalUrl, localised } from "./local-address.ts";

/** An agent under development at the gateway: registered once, changed with its file, removed at the end. */
export class Registration {
  readonly #client: AgentGateClient;
  readonly #path: string;
  readonly #origin: string;
  readonly #name: string | undefined;
  #agent: Agent | undefined;

  /** @param name instead of the file's */
  constructor(client: AgentGateClient, path: string, origin: string, name: string | undefined) {
    [this.#client, this.#path, this.#origin, this.#name] = [client, path, origin, name];
  }

  get agent(): Agent | undefined {
    return this.#agent;
  }

  /** Makes the gateway's agent as the file says. @throws CliError when one of that name and version lives elsewhere */
  async follow(file: AgentFile): Promise<Agent> {
    const { cardPlace, command: _command, env: _env, orgId, ...said } = file;
    const card = cardPlace === undefined ? undefined : await this.#cardOf(cardPlace);
    const fields: AgentFields = {
      ...said,
      ...(this.#name !== undefined && { name: this.#name }),
      ...((typeof card !== "string" || said.url !== undefined) && {
        url: localised(said.url ?? this.#origin, this.#origin),
      }),
    };
    const before = this.#agent ?? (await this.#leftBehind(fields, card, orgId));
    const given = { ...fields, ...(typeof card === "string" ? { cardUrl: card } : card && { card }) };
    this.#agent = before ? await this.#client.updateAgent(before.id, given) : await this.#register(fields, card, orgId);
    return this.#agent;
  }

  async remove(): Promise<void> {
    if (this.#agent) await this.#client.deleteAgent(this.#agent.id);
  }

  async #cardOf(place: string): Promise<CardSource> {
    const card = await readCard(place, this.#path);
    return typeof card === "string" ? localised(card, this.#origin) : card;
  }

  #register(fields: AgentFields, card: CardSource | undefined, orgId: string | undefined): Promise<Agent> {
    const owned = { ...fields, ...(orgId && { orgId }) };
    if (card !== undefined) return this.#client.registerAgentByCard(card, owned);
    const { name, url = "", ...others } = owned;
    return this.#client.registerAgent(name as string, url, others);
  }

  /** One that an earlier run could not remove. */
  async #leftBehind(fields: AgentFields, card: CardSource | undefined, orgId: string | undefined) {
    const [{ org_id }, named] = await Promise.all([this.#client.me(), nameOf(this.#client, fields, card)]);
    const same = named && (await findSame(this.#client, org_id ?? orgId ?? null, named));
    if (!same || isLocalUrl(same.url)) return same;
    throw new CliError("agent_exists", `${same.name} ${same.version} is registered already, at ${same.url}`, {
      hint: `Develop it under another name: agentgate dev --name ${same.name}-dev`,
    });
  }
}
