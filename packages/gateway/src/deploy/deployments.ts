import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { actions, type ListedAction, orgOf, subjectOf } from "../access/index.ts";
import type { Agent, AgentRegistry, newAgent } from "../agents/index.ts";
import { type AuditLog, type By, byGateway } from "../audit/index.ts";
import { type Principal, Problem } from "../http/index.ts";
import { hostedUrl } from "../outbound/index.ts";
import { type Random, Shares } from "../runtime/index.ts";
import { type AgentFile, readAgentFile } from "./agent-file.ts";
import { unpack } from "./archive/unpack.ts";
import { deploymentFields, deploymentReplaced, secretsChanged, undeployed } from "./deployment-changes.ts";
import type { Hosting } from "./hosting.ts";
import { AGENT_FILES } from "./runtime.ts";
import type { DeploymentSecrets, secretChanges } from "./secrets.ts";
import { type Deployment, type DeploymentStore, isTaken, type Known } from "./store.ts";
import { receiveForm } from "./upload.ts";
import type { Workspace } from "./workspace.ts";

export interface DeploymentsOptions {
  agents: AgentRegistry;
  store: DeploymentStore;
  secrets: DeploymentSecrets;
  auditLog: AuditLog;
  workspace: Workspace;
  random: Random;
  /** Undefined where agents are only registered. */
  hosting: Hosting | undefined;
}

/** Archives on their way in. */
const UPLOADS = { total: 16, perOwner: 2 };
const FORM_FIELDS = ["name", "description", "version"] as const;

/** The agent, and what came of its archive. */
export interface Deployed {
  agent: Agent;
  deployment: Deployment;
}

/** An archive that was taken in, and what it says. */
interface Intake {
  file: AgentFile;
  name: string;
  by: By;
  orgId: string | null;
  /** Where it was unpacked; undefined when nothing is hosted here. */
  unpacked: string | undefined;
  archive: string;
  /** The one directory in it that everything is in. */
  root: string;
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
    by: By,
  ): Promise<Deployed> {
    const { caller } = by;
    const { workspace, hosting } = this.#options;
    const sender = subjectOf(caller);
    if (!this.#uploads.take(sender)) throw tooManyUploads();
    try {
      return await workspace.lend(async (directory) => {
        const archive = join(directory, "archive.tar.gz");
        const { fields, hasFile } = await receiveForm(request, archive);
        if (!hasFile) throw missing(["body", "file"]);
        const into = hosting && (await workspace.within(directory, "unpacked"));
        const demandSpace = () => workspace.demandSpaceOften();
        const { agentFile, root } = await unpack(archive, into === undefined ? {} : { into, demandSpace });
        const given = Object.fromEntries(FORM_FIELDS.map((name) => [name, fields[name] || query[name]]));
        const file = readAgentFile(agentFile, given);
        if (!file.name) throw missing(["body", "name"]);
        const orgId = orgOf(caller) ?? file.org_id;
        return await this.#settle({ file, name: file.name, by, orgId, unpacked: into, archive, root });
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
  ): Promise<{ agent: Agent; deployment: Known | undefined }> {
    const agent = await this.#options.agents.managed(id, caller, action);
    return { agent, deployment: await this.#options.store.find(id) };
  }

  /** Ends what deploying began; the agent stays registered. */
  async undeploy(id: string, by: By): Promise<void> {
    const { deployment } = await this.find(id, by.caller, actions.writeDeployments);
    if (deployment) await this.#undeploy(deployment, by);
  }

  /** The organization is gone: none of its agents is hosted any more. */
  async undeployAllOf(orgId: string): Promise<void> {
    for (const deployment of await this.#options.store.ofOwner(orgId)) await this.#undeploy(deployment, byGateway);
  }

  /** The names of an agent's secrets. @throws Problem 404 for an agent that was not deployed */
  async secretNames(id: string, caller: Principal): Promise<string[]> {
    await this.#deployed(id, caller, actions.readDeployments);
    return this.#options.secrets.names(id);
  }

  /** Answers the names that there are then. @throws Problem 404 for an agent that was not deployed */
  async changeSecrets(id: string, changes: z.output<typeof secretChanges>, by: By): Promise<string[]> {
    const { auditLog, secrets } = this.#options;
    const deployment = await this.#deployed(id, by.caller, actions.writeDeployments);
    return secrets.change(id, changes, (trx, before, after) =>
      auditLog.rowIn(trx, by, secretsChanged(deployment, before, after)),
    );
  }

  async #undeploy(deployment: Deployment, by: By): Promise<void> {
    if (deployment.state === "undeployed") return;
    const { store, secrets, auditLog, hosting, agents } = this.#options;
    const { agentId, runtime } = deployment;
    await store.put({ ...deployment, ...NOTHING_RUNS, state: "undeployed" }, async (trx) =>
      auditLog.rowIn(trx, by, undeployed(deployment, await secrets.forgetAllIn(trx, agentId))),
    );
    if (runtime === "none") return;
    await agents.setHosted(agentId, false, { by });
    await hosting?.remove(agentId);
  }

  async #deployed(id: string, caller: Principal, action: ListedAction): Promise<Deployment> {
    const { deployment } = await this.find(id, caller, action);
    if (deployment && deployment.state !== "undeployed") return deployment;
    throw new Problem(404, "This agent is not deployed: it was registered at an address of its own, or undeployed");
  }

  async #settle(intake: Intake): Promise<Deployed> {
    const { file, name, orgId } = intake;
    const key = `${orgId ?? ""} ${name}`;
    if (this.#underWay.has(key)) throw alreadyUnderWay(name);
    this.#underWay.add(key);
    try {
      const before = await this.#options.store.named(orgId ?? "", name);
      return await (file.url || file.card ? this.#register(intake, before) : this.#host(intake, before));
    } catch (error) {
      throw isTaken(error) ? alreadyUnderWay(name) : error;
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** The agent lives at an address of its own. */
  async #register(intake: Intake, before: Deployment | undefined): Promise<Deployed> {
    const { agents, hosting } = this.#options;
    const { file, by } = intake;
    const deployment = this.#next(intake, before, { runtime: "none", state: "registered", node: "", nodeName: "" });
    if (!before) return this.#registered(intake, deployment);
    if (before.runtime !== "none") {
      // What was approved is to serve until what takes its place is.
      if (agents.needsApproval(by.caller) && before.state !== "undeployed") throw undeployFirst(file.name!);
      await agents.setHosted(before.agentId, false, { by });
    }
    const agent = await agents.update(before.agentId, fieldsOf(file), by);
    await this.#replace(before, deployment, by);
    await hosting?.remove(before.agentId);
    return { agent, deployment };
  }

  /** The agent is to run here. */
  async #host(intake: Intake, before: Deployment | undefined): Promise<Deployed> {
    const { agents, hosting } = this.#options;
    const { file, by, unpacked, archive, root, orgId } = intake;
    if (!hosting || unpacked === undefined) throw hostsNothing();
    await hosting.demandReady();
    hosting.demandRoom(before?.agentId, orgId ?? "");
    await demandProgram(file, join(unpacked, root));
    const isRunning = before !== undefined && before.state === "running" && hosting.hosts(before.agentId);
    const { nodeId: node, nodeName, runtimeName: runtime } = hosting;
    const state = isRunning ? "running" : "installing";
    const deployment = this.#next(intake, before, { runtime, state, node, nodeName });
    const url = hostedUrl(deployment.agentId);
    let deployed: Deployed;
    if (before) {
      const { url: _, ...fields } = fieldsOf(file);
      await agents.update(before.agentId, fields, by);
      const needsApproval = agents.needsApproval(by.caller);
      deployed = { agent: await agents.setHosted(before.agentId, true, { by, url, needsApproval }), deployment };
      await this.#replace(before, deployment, by);
    } else deployed = await this.#registered(intake, deployment, url);
    const command = file.command ?? undefined;
    await hosting.deploy(
      deployment,
      { unpacked, archive },
      {
        root,
        ...(command !== undefined && { command }),
        env: file.env ?? {},
      },
    );
    return deployed;
  }

  #replace(before: Deployment, after: Deployment, by: By): Promise<void> {
    const { store, auditLog } = this.#options;
    return store.put(after, (trx) => auditLog.rowIn(trx, by, deploymentReplaced(before, after)));
  }

  #next(
    { name, orgId }: Intake,
    before: Deployment | undefined,
    fate: Pick<Deployment, "runtime" | "state" | "node" | "nodeName">,
  ): Deployment {
    const agentId = before?.agentId ?? this.#options.random.uuid();
    const release = (before?.release ?? 0) + 1;
    const runningRelease = fate.state === "running" ? (before?.runningRelease ?? null) : null;
    const fresh = { detail: null, containerId: null, restarts: 0, runningRelease };
    return { agentId, owner: orgId ?? "", name, release, ...fresh, ...fate };
  }

  /** @param url where the gateway runs it */
  async #registered({ file, by }: Intake, deployment: Deployment, url?: string): Promise<Deployed> {
    const { agents, store } = this.#options;
    const agent = await agents.register({ ...fieldsOf(file), ...(url !== undefined && { url }) }, by, {
      id: deployment.agentId,
      isHosted: url !== undefined,
      along: (trx) => store.insert(trx, deployment),
      changes: deploymentFields(deployment),
    });
    return { agent, deployment };
  }
}

const NOTHING_RUNS = { detail: null, containerId: null, runningRelease: null, node: "", nodeName: "" };

/** What the registry is told of a file. */
const fieldsOf = ({ command: _command, env: _env, card, ...fields }: AgentFile): z.output<typeof newAgent> => ({
  ...fields,
  card: undefined,
  card_url: card,
});

/** @throws Problem 422 when nothing in the archive could be started */
async function demandProgram({ command }: AgentFile, app: string): Promise<void> {
  if (command != null) return;
  const names = await readdir(app);
  if (AGENT_FILES.some((file) => names.includes(file))) return;
  const msg = `To be hosted, an archive has ${AGENT_FILES.join(" or ")} beside its agentgate.yaml, or a \`command\` in it`;
  throw new Problem(422, [{ type: "missing", loc: ["body", "file"], msg }], { code: "validation_failed" });
}

const missing = (loc: string[]) =>
  new Problem(422, [{ type: "missing", loc, msg: "Field required" }], { code: "validation_failed" });

const hostsNothing = () =>
  new Problem(
    501,
    "This gateway hosts no agents: name the agent's `url` in the archive's agentgate.yaml, and it is registered there. " +
      "Its operator can have it host agents with AGENTGATE_DEPLOY_RUNTIME",
    { code: "no_runtime" },
  );

const alreadyUnderWay = (name: string) =>
  new Problem(409, `An agent named ${JSON.stringify(name)} is being deployed by this owner at this moment`);

const undeployFirst = (name: string) =>
  new Problem(
    409,
    `The gateway runs ${JSON.stringify(name)} itself, and would go on until its new address is approved: undeploy it first`,
    { code: "agent_hosted" },
  );

const tooManyUploads = () =>
  new Problem(429, "Too many archives are on their way at once", { headers: { "retry-after": "5" } });
