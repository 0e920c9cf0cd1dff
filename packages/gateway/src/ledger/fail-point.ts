/** Where a crash is most instructive. A fail point that is set ends the process there, as `kill -9` would. */
export const failPoints = [
  /** Operations are queued, the transaction has not begun. */
  "before-transaction",
  /** Everything is decided, nothing is written. */
  "decided-before-write",
  /** The writes are on their way; the commit's answer has not come. */
  "committing",
  /** All is durable, nobody has been told. */
  "after-commit-before-ack",
] as const;

export type FailPoint = (typeof failPoints)[number];

/** Called at each point; does nothing in production. */
export type FailPointHook = (point: FailPoint) => void;

/**
 * The hook that `AGENTGATE_FAILPOINT=after-commit-before-ack` asks for; with `:3` behind it, at the third passage.
 * Undefined, which costs nothing, when it is unset.
 */
export function failPointFrom(setting: string | undefined): FailPointHook | undefined {
  if (!setting) return undefined;
  const [name, passage = "1"] = setting.split(":");
  if (!failPoints.includes(name as FailPoint))
    throw new Error(`no such fail point: ${name} (${failPoints.join(", ")})`);
  let passages = Number(passage);
  return (point) => {
    if (point === name && --passages === 0) process.kill(process.pid, "SIGKILL");
  };
}
