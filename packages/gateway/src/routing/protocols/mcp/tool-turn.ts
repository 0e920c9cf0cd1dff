import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { shareOwner } from "../../../agents/index.ts";
import { paramHeaders, ServerError, type ServerProgress } from "../../../mcp-servers/index.ts";
import { OutboundError } from "../../../outbound/index.ts";
import { pause } from "../../../runtime/index.ts";
import { askUntilAnswered, isToBeCalledAgain, NO_END } from "./ask-until-answered.ts";
import { AskedWithin, answered, doneElsewhere, heardOf, LOOK_MS, QUESTION } from "./asking-turn.ts";
import { inputRequestsIn, questionParts } from "./input-requests.ts";
import { PARKED_MS } from "./parked-calls.ts";
import { isKeepableState, pollMsIn, refusalOf, saidIn, upstreamIdIn } from "./server-task.ts";
import type { Heard, Talk } from "./talk.ts";
import { resultArtifact } from "./told-task.ts";
import { type ToolResult, textOfParts, toolResultOf } from "./tool-results.ts";
import { isKeepable, type ToolTask } from "./tool-task-store.ts";
import { ownerOf, type ToolTurnOptions, type TurnOrder, type TurnTerms } from "./turn-order.ts";
import { isHttpFailure, TurnServer } from "./turn-server.ts";
import { GoneOnWith, TurnTask } from "./turn-task.ts";

const PROGRESS_MAX = 1_000;
const PROGRESS_LENGTH_MAX = 2_000;
const TOO_LARGE_TO_KEEP = "The tool asks back, and was called with more than the gateway keeps until it is answered";
/** Somebody answers, or stops the task, at this very moment. */
const FINISH_ATTEMPTS = 3;
const NEVER = new AbortController().signal;
const NOT_OFFERED = "The tool asks for something that the gateway did not offer it";

/** One turn of a tool: from the call, or the answer to what it asked, to its result or its next question. */
export class ToolTurn {
  readonly #options: ToolTurnOptions;
  readonly #order: TurnOrder;
  readonly #terms: TurnTerms;
  readonly #server: TurnServer;
  readonly #task: TurnTask;
  #progress = 0;
  #isParked = false;

  constructor(options: ToolTurnOptions, order: TurnOrder, terms: TurnTerms) {
    this.#options = options;
    this.#order = order;
    this.#terms = terms;
    this.#server = new TurnServer(options, order, terms);
    this.#task = new TurnTask(options, order, terms);
  }

  /**
   * The task, or the message that is all there is to tell, in 1.0's shape.
   * @throws OutboundError, ServerStatusError, ServerFault, CredentialError
   */
  async run(): Promise<JsonObject> {
    try {
      return await this.#task.orAsKept(this.#run());
    } catch (error) {
      await this.#task.lost(error);
      throw error;
    }
  }

  async #run(): Promise<JsonObject> {
    const { responses } = this.#order;
    const upstreamId = this.#task.kept?.upstreamId;
    if (responses && upstreamId !== undefined) {
      const params = { taskId: upstreamId, inputResponses: responses };
      await this.#server.ask({ method: "tasks/update", params });
      return this.#follow(upstreamId, undefined);
    }
    if (responses && this.#task.kept?.askedAt) return this.#answer(this.#task.kept, responses);
    return this.#went(await this.#call());
  }

  #went(came: JsonObject | ServerError | AskedWithin): Promise<JsonObject> {
    if (came instanceof ServerError) return this.#failed(refusalOf(came));
    return came instanceof AskedWithin ? this.#park(came) : this.#conclude(came);
  }

  /** The server's answer; its own refusal of the call is an answer, too. */
  async #call(): Promise<JsonObject | ServerError | AskedWithin> {
    const { skill, args, responses } = this.#order;
    const requestState = this.#task.kept?.requestState;
    const params = {
      name: skill.id,
      arguments: args,
      ...(responses && { inputResponses: responses, ...(requestState !== undefined && { requestState }) }),
    };
    const headers = skill.inputSchema ? paramHeaders(skill.inputSchema, args) : {};
    const onProgress = this.#terms.tell && this.#onProgress;
    const request = { method: "tools/call", params, headers, onProgress };
    if (!(await this.#server.asksWithin()))
      return this.#orRefused(askUntilAnswered(this.#server, request, this.#options.clock, this.#terms));
    return this.#orRefused(this.#server.talk(request).then((talk) => heardOf(talk, this.#options, this.#terms)));
  }

  async #orRefused<T>(asked: Promise<T>): Promise<T | ServerError> {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof ServerError) || isHttpFailure(error)) throw error;
      // A tool that the server does not know any more has changed.
      if (error.code === -32602 || error.code === -32601) this.#options.tools.outdated(this.#order.agent.id);
      return error;
    }
  }

  /** The server has asked in the middle of its call, which stays open for the answer. Where there is no room for that, nobody answers. */
  async #park({ talk, question }: AskedWithin): Promise<JsonObject> {
    const { parked } = this.#options;
    const { agent } = this.#order;
    const { params, ...askedAt } = question;
    const asked = inputRequestsIn({ [QUESTION]: { method: "elicitation/create", params } });
    if (!asked || !parked.hasRoom(shareOwner(agent))) {
      await this.#server.answer(askedAt, { action: "cancel" });
      return this.#went(await this.#orRefused(heardOf(talk, this.#options, this.#terms)));
    }
    const id = this.#task.name().id;
    this.#isParked = true;
    parked.keep(id, talk, shareOwner(agent), (heard) => this.#finish(id, talk, heard));
    try {
      return await this.#task.ends("TASK_STATE_INPUT_REQUIRED", { asked, askedAt, said: questionParts(asked) });
    } catch (error) {
      parked.take(id)?.abort();
      throw error;
    }
  }

  /** The caller's answer, to a server that waits for it. Its call may be on another node, which writes down what came of it. */
  async #answer(task: ToolTask, responses: JsonObject): Promise<JsonObject> {
    const talk = this.#options.parked.take(task.id);
    const isTaken = await answered(this.#server, task, responses).catch((error) => {
      talk?.abort();
      throw error;
    });
    if (!isTaken) {
      talk?.abort();
      return this.#failed("The tool waits for the answer no more: its session has ended. Call it anew");
    }
    if (talk) return this.#went(await this.#orRefused(heardOf(talk, this.#options, this.#terms)));
    const { told } = await doneElsewhere(task, this.#options, this.#terms);
    await this.#terms.tell?.({ task: told });
    return { task: told };
  }

  /** What was heard of a parked call for which nobody on this node waits is the task's, whoever has answered. */
  async #finish(id: string, talk: Talk, heard: Heard): Promise<void> {
    const { store, clock } = this.#options;
    const { agent } = this.#order;
    for (let attempt = 1; attempt <= FINISH_ATTEMPTS; attempt++) {
      const task = await store.find(agent.id, id, ownerOf(this.#terms.call));
      if (task?.state === "over") return talk.abort();
      if (!task) {
        // Not written down yet.
        await pause(clock, LOOK_MS);
        continue;
      }
      const isUnheard = "error" in heard && OutboundError.isInstance(heard.error) && heard.error.kind === "timeout";
      const order = { ...this.#order, task, responses: undefined };
      const terms = { ...this.#terms, endsAt: clock.monotonic() + PARKED_MS, signal: NEVER, tell: undefined };
      const turn = new ToolTurn(this.#options, order, terms);
      try {
        await turn.#heard(heard, talk, isUnheard ? "Nobody answered what the tool asked" : "The server was lost");
        return;
      } catch (error) {
        if (!(error instanceof GoneOnWith)) throw error;
      }
    }
  }

  #heard(heard: Heard, talk: Talk, otherwise: string): Promise<JsonObject> {
    if ("question" in heard) return this.#went(new AskedWithin(talk, heard.question));
    if ("answer" in heard) return this.#went(heard.answer.result);
    return this.#failed(heard.error instanceof ServerError ? refusalOf(heard.error) : otherwise);
  }

  async #conclude(result: JsonObject): Promise<JsonObject> {
    switch (result.resultType ?? "complete") {
      case "complete":
        return this.#completed(result);
      case "input_required": {
        const { requestState } = result;
        if (!isKeepableState(requestState)) return this.#failed(NOT_OFFERED);
        if (isToBeCalledAgain(result)) return this.#failed(NO_END);
        if (!isKeepable(this.#order.args)) return this.#failed(TOO_LARGE_TO_KEEP);
        return this.#waiting(result.inputRequests, { requestState });
      }
      case "task": {
        const upstreamId = upstreamIdIn(result);
        if (upstreamId === undefined) return this.#failed("The tool began a task without a name");
        return this.#follow(upstreamId, result);
      }
      default:
        return this.#failed("The tool answered in a way that the gateway does not know");
    }
  }

  async #completed(given: JsonObject): Promise<JsonObject> {
    const result = toolResultOf(given);
    if (result.isError) return this.#failed(textOfParts(result.parts) || "The tool failed", result.parts);
    const misfit = this.#misfit(result);
    if (misfit !== undefined) return this.#failed(misfit);
    if (this.#task.kept) return this.#task.ends("TASK_STATE_COMPLETED", { artifact: resultArtifact(result.parts) });
    const message = this.#options.teller.message(this.#order.contextId, result.parts);
    await this.#terms.tell?.({ message });
    return { message };
  }

  /** What of a result is not as the tool's schema says it is. */
  #misfit({ structured }: ToolResult): string | undefined {
    const { agent, skill } = this.#order;
    if (!skill.outputSchema) return undefined;
    if (structured === undefined) return "The tool answered nothing structured, which its schema says it does";
    const key = `${skill.digest} output`;
    const [finding] = this.#options.checks.findings(skill.outputSchema, structured, { key, owner: shareOwner(agent) });
    return (
      finding &&
      `The tool answered what its schema does not allow${finding.pointer && ` at ${finding.pointer}`}: ${finding.message}`
    );
  }

  /** The tool failed, and costs nothing. */
  #failed(words: string, said: JsonObject[] = [{ text: words }]): Promise<JsonObject> {
    return this.#task.ends("TASK_STATE_FAILED", { said });
  }

  /** The tool waits for its caller. */
  #waiting(inputRequests: unknown, more: Pick<ToolTask, "requestState" | "upstreamId">): Promise<JsonObject> {
    const asked = inputRequestsIn(inputRequests);
    if (!asked) return this.#failed(NOT_OFFERED);
    return this.#task.ends("TASK_STATE_INPUT_REQUIRED", { asked, said: questionParts(asked), ...more });
  }

  /** The server keeps the task: it is asked for until its turn, or the time, is over. */
  async #follow(upstreamId: string, created: JsonObject | undefined): Promise<JsonObject> {
    const { clock } = this.#options;
    const { endsAt, signal, returnsAtOnce } = this.#terms;
    let told = await this.#task.works(saidIn(created), upstreamId);
    let waitMs = pollMsIn(created);
    let said = JSON.stringify(saidIn(created));
    while (!returnsAtOnce) {
      const leftMs = endsAt - clock.monotonic();
      if (leftMs <= waitMs) return { task: told };
      await pause(clock, waitMs, signal);
      if (signal.aborted) throw new OutboundError("aborted", "the call was aborted");
      const now = await this.#server.taskOf(upstreamId);
      if (now instanceof ServerError) return this.#failed(refusalOf(now));
      const ended = await this.#endOf(now, upstreamId);
      if (ended) return ended;
      waitMs = pollMsIn(now);
      const saying = JSON.stringify(saidIn(now));
      if (saying === said) continue;
      said = saying;
      told = await this.#task.says(saidIn(now));
    }
    return { task: told };
  }

  /** How a task of the server's has ended, or what it waits for; undefined while it works. */
  async #endOf(now: JsonObject, upstreamId: string): Promise<JsonObject | undefined> {
    switch (now.status) {
      case "working":
        return undefined;
      case "completed":
        return this.#completed(isObject(now.result) ? now.result : {});
      case "input_required":
        return this.#waiting(now.inputRequests, { upstreamId });
      case "cancelled":
        return this.#task.ends("TASK_STATE_CANCELED");
      case "failed":
        return this.#failed(isObject(now.error) ? refusalOf(new ServerError(now.error, 200, {})) : "The tool failed");
      default:
        return this.#failed("The server answered no state of its task");
    }
  }

  /** Looks once how a task of the server's is. */
  look(): Promise<JsonObject> {
    return this.#task.orAsKept(this.#look());
  }

  async #look(): Promise<JsonObject> {
    const { upstreamId, told } = this.#task.kept!;
    if (upstreamId === undefined) return { task: told };
    this.#task.isKnown();
    const now = await this.#server.taskOf(upstreamId);
    if (now instanceof ServerError) return this.#failed(refusalOf(now));
    return (await this.#endOf(now, upstreamId)) ?? { task: this.#task.atWork(saidIn(now)) };
  }

  /** Tells what happens to a task of the server's from now on. */
  async watch(): Promise<JsonObject> {
    return this.#task.orAsKept(this.#follow(this.#task.kept!.upstreamId!, undefined));
  }

  /** Ends the task. What the server does about it is not waited for long. */
  cancel(): Promise<JsonObject> {
    return this.#task.orAsKept(this.#cancel());
  }

  async #cancel(): Promise<JsonObject> {
    const { id, upstreamId } = this.#task.kept!;
    if (upstreamId !== undefined) await this.#server.cancel(upstreamId);
    this.#options.parked.take(id)?.abort();
    return this.#task.ends("TASK_STATE_CANCELED");
  }

  readonly #onProgress = async ({ message, progress, total }: ServerProgress): Promise<void> => {
    // Of a call that waits for its caller, nobody hears.
    if (this.#isParked || ++this.#progress > PROGRESS_MAX) return;
    const text =
      message?.slice(0, PROGRESS_LENGTH_MAX) ?? (total === undefined ? `${progress}` : `${progress}/${total}`);
    await this.#task.works();
    await this.#task.says([{ text }]);
  };
}
