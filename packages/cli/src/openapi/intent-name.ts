const nameLengthMax = 64;

/** An intent name, snake_case and at most 64 characters, from an operationId or, without one, from method and path. */
export function intentName(operationId: unknown, method: string, path: string): string {
  const fromPath = `${method} ${path.replace(/\{([^}]*)\}/g, "by $1")}`;
  return snakeCase(typeof operationId === "string" ? operationId : "") || snakeCase(fromPath) || method;
}

export function snakeCase(text: string): string {
  const words = text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const name = words.join("_").toLowerCase().slice(0, nameLengthMax).replace(/_+$/, "");
  return /^\d/.test(name) ? `n${name}`.slice(0, nameLengthMax) : name;
}

/** `name`, or `name_2`, `name_3`, … if it is taken; still at most 64 characters. */
export function uniqueName(name: string, taken: ReadonlySet<string>): string {
  let unique = name;
  for (let copy = 2; taken.has(unique); copy++) {
    const suffix = `_${copy}`;
    unique = name.slice(0, nameLengthMax - suffix.length) + suffix;
  }
  return unique;
}
