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
    this.#artifacts = new Map(artifacts.filter(isObject).map((artifact) => [artifact.artifactId, artifact]));
  }

  #named({ taskId, contextId }: JsonObject): JsonObject {
    return this.#task ?? { id: taskId, contextId };
  }

  #addArtifact(artifact: JsonObject, append: boolean): void {
    const earlier = append ? this.#artifacts.get(artifact.artifactId) : undefined;
    const parts = [earlier?.parts, artifact.parts].flatMap((list) => (Array.isArray(list) ? list : []));
    this.#artifacts.set(artifact.artifactId, { ...earlier, ...artifact, parts });
  }
}
