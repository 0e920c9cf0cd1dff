const LENGTH_MAX = 512;

/** Whether this can be a task's, context's or config's id here: text that every database keeps as it is, and as a key. */
export const isKnownId = (id: unknown): id is string =>
  typeof id === "string" && id !== "" && id.length <= LENGTH_MAX && id.isWellFormed() && !id.includes("\0");
