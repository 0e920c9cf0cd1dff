import { isObject, type JsonObject } from "./json.ts";

/** Puts a stream's events (1.0's shape) together to what a blocking send would have answered. */
export class TaskAssembly {
  #task: JsonObject | undefined;
  #message: JsonObject | undefined;
  #artifacts = new Map<unknown, JsonObject>();

  /** `{task}` or `{message}`; undefined before the first event. */
  get result(): JsonObject | undefined {
    if (this.#message) return { message: this.#message };
    if (!this.#task) return undefined;
    const artifacts = [...this.#artifacts.values()];
    return { task: { ...this.#task, ...(artifacts.length > 0 && { artifacts }) } };
  }

  /** The state that the task is in by now, as it was told; undefined before, and of a message. */
  get state(): unknown {
    const status = this.#message ? undefined : this.#task?.status;
    return isObject(status) ? status.state : undefined;
  }

  add({ task, message, statusUpdate, artifactUpdate }: JsonObject): void {
    if (isObject(message)) this.#message = message;
    if (isObject(task)) this.#take(task);
    if (isObject(statusUpdate)) this.#task = { ...this.#named(statusUpdate), status: statusUpdate.status };
    if (isObject(artifactUpdate) && isObject(artifactUpdate.artifact)) {
      this.#task = this.#named(artifactUpdate);
      this.#addArtifact(artifactUpdate.artifact, artifactUpdate.append === true);
    }
  }

  #take({ artifacts, ...task }: JsonObject): void {
    this.#task = task;
    if (!Array.isArray(artifacts)) return;
    this.#artifacts = new Map(artifacts.filter(isObject).map((artifact) => [artifact.artifactId, own(artifact)]));
  }

  #named({ taskId, contextId }: JsonObject): JsonObject {
    return this.#task ?? { id: taskId, contextId };
  }

  #addArtifact(artifact: JsonObject, append: boolean): void {
    const earlier = append ? this.#artifacts.get(artifact.artifactId) : undefined;
    // What is there is not copied for what is added: a long answer comes in very many pieces.
    const parts: unknown[] = Array.isArray(earlier?.parts) ? earlier.parts : [];
    if (Array.isArray(artifact.parts)) for (const part of artifact.parts) parts.push(part);
    this.#artifacts.set(artifact.artifactId, { ...earlier, ...artifact, parts });
  }
}

/** One to be added to, whosever it was. */
const own = ({ parts, ...artifact }: JsonObject): JsonObject => ({
  ...artifact,
  ...(parts !== undefined && { parts: Array.isArray(parts) ? [...parts] : parts }),
});
