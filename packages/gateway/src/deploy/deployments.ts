import type { z } from "zod";
import { actions, type ListedAction, may, orgOf, subjectOf } from "../access/index.ts";
import type { Agent, AgentRegistry, newAgent } from "../agents/index.ts";
import { type Principal, Problem } from "../http/index.ts";
import { type Random, Shares } from "../runtime/index.ts";
import { type AgentFile, readAgentFile } from "./agent-file.ts";
import { unpack } from "./archive/unpack.ts";
import type { DeploymentSecrets, secretChanges } from "./secrets.ts";
import { type Deployment, type DeploymentStore, isTaken } from "./store.ts";
import { receiveForm } from "./upload.ts";
import type { Workspace } from "./workspace.ts";

export interface DeploymentsOptions {
  agents: AgentRegistry;
  store: DeploymentStore;
  secrets: DeploymentSecrets;
  workspace: Workspace;
  random: Random;
}

/** Archives on their way in. */
const UPLOADS = { total: 16, perOwner: 2 };
const FORM_FIELDS = ["name", "description", "version"] as const;

/** The agent, and what came of its archive. */
export interface Deployed {
  agent: Agent;
  deployment: Deployment;
}

/** Takes archives in, and keeps account of what became of them. */
export class Deployments {
  readonly #options: DeploymentsOptions;
  readonly #uploads = new Shares(UPLOADS);
  /** Names that are being deployed, by owner: one archive after the other. */
  readonly #underWay = new Set<string>();

  constructor(options: DeploymentsOptions) {
    this.#options = options;
  }

  /**
   * Takes in a form with an archive. What the query or the form says wins over the archive's `agentgate.yaml`.
   *
   * @throws Problem for a form, an archive or a file that cannot be used; 501 for an archive that would have to be hosted
   */
  async deploy(
    request: Parameters<typeof receiveForm>[0],
    query: Partial<Record<(typeof FORM_FIELDS)[number], string | undefined>>,
    caller: Principal,
  ): Promise<Deployed> {
    const sender = subjectOf(caller);
    if (!this.#uploads.take(sender)) throw tooManyUploads();
    try {
      return await this.#options.workspace.lend(async (directory) => {
        const archive = `${directory}/archive.tar.gz`;
        const { fields, hasFile } = await receiveForm(request, archive);
        if (!hasFile) throw missing(["body", "file"]);
        const { agentFile } = await unpack(archive);
        const given = Object.fromEntries(FORM_FIELDS.map((name) => [name, fields[name] || query[name]]));
        return await this.#settle(readAgentFile(agentFile, given), caller);
      });
    } finally {
      this.#uploads.give(sender);
    }
  }

  /** What is known of the agent, for somebody who manages it; its deployment is undefined when it came in another way. */
  async find(
    id: string,
    caller: Principal,
    action: ListedAction,
  ): Promise<{ agent: Agent; deployment: Deployment | undefined }> {
    const agent = await this.#options.agents.managed(id, caller, action);
    return { agent, deployment: await this.#options.store.find(id) };
  }

  /** Ends what deploying began; the agent stays registered. */
  async undeploy(id: string, caller: Principal): Promise<void> {
    const { deployment } = await this.find(id, caller, actions.writeDeployments);
    if (!deployment || deployment.state === "undeployed") return;
    const { store, secrets } = this.#options;
    await store.put({ ...deployment, state: "undeployed", detail: null, containerId: null, node: "", nodeName: "" });
    await secrets.forgetAll(id);
  }

  /** The names of an agent's secrets. @throws Problem 404 for an agent that was not deployed */
  async secretNames(id: string, caller: Principal): Promise<string[]> {
    await this.#deployed(id, caller, actions.readDeployments);
    return this.#options.secrets.names(id);
  }

  /** Answers the names that there are then. @throws Problem 404 for an agent that was not deployed */
  async changeSecrets(id: string, changes: z.output<typeof secretChanges>, caller: Principal): Promise<string[]> {
    await this.#deployed(id, caller, actions.writeDeployments);
    return this.#options.secrets.change(id, changes);
  }

  async #deployed(id: string, caller: Principal, action: ListedAction): Promise<Deployed> {
    const { agent, deployment } = await this.find(id, caller, action);
    if (!deployment || deployment.state === "undeployed") {
      throw new Problem(404, "This agent is not deployed: it was registered at an address of its own, or undeployed");
    }
    return { agent, deployment };
  }

  async #settle(file: AgentFile, caller: Principal): Promise<Deployed> {
    const { name } = file;
    if (!name) throw missing(["body", "name"]);
    if (!file.url && !file.card) throw hostsNothing();
    const orgId = may(caller, actions.writeAnyAgents) ? file.org_id : orgOf(caller)!;
    const key = `${orgId ?? ""} ${name}`;
    if (this.#underWay.has(key)) throw alreadyUnderWay(name);
    this.#underWay.add(key);
    try {
      const before = await this.#options.store.named(orgId ?? "", name);
      return await (before ? this.#registerAgain(before, file, caller) : this.#register(file, orgId, caller));
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #register(file: AgentFile, orgId: string | null, caller: Principal): Promise<Deployed> {
    const { agents, store, random } = this.#options;
    const deployment: Deployment = {
      ...{ agentId: random.uuid(), owner: orgId ?? "", name: file.name!, runtime: "none", node: "", nodeName: "" },
      ...{ release: 1, state: "registered", detail: null, containerId: null, restarts: 0 },
    };
    try {
      const agent = await agents.register(fieldsOf(file), caller, {
        id: deployment.agentId,
        along: (trx) => store.insert(trx, deployment),
      });
      return { agent, deployment };
    } catch (error) {
      throw isTaken(error) ? alreadyUnderWay(deployment.name) : error;
    }
  }

  async #registerAgain(before: Deployment, file: AgentFile, caller: Principal): Promise<Deployed> {
    const { agents, store } = this.#options;
    const agent = await agents.update(before.agentId, fieldsOf(file), caller);
    const release = before.release + 1;
    const deployment: Deployment = { ...before, release, state: "registered", detail: null, runtime: "none" };
    await store.put(deployment);
    return { agent, deployment };
  }
}

/** What the registry is told of a file. */
const fieldsOf = ({ command: _command, env: _env, card, ...fields }: AgentFile): z.output<typeof newAgent> => ({
  ...fields,
  card: undefined,
  card_url: card,
});

const missing = (loc: string[]) =>
  new Problem(422, [{ type: "missing", loc, msg: "Field required" }], { code: "validation_failed" });

const hostsNothing = () =>
  new Problem(
    501,
    "This gateway hosts no agents: name the agent's `url` in the archive's agentgate.yaml, and it is registered there",
    { code: "no_runtime" },
  );

const alreadyUnderWay = (name: string) =>
  new Problem(409, `An agent named ${JSON.stringify(name)} is being deployed by this owner at this moment`);

const tooManyUploads = () =>
  new Problem(429, "Too many archives are on their way at once", { headers: { "retry-after": "5" } });
