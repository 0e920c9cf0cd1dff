// What a stranger's JSON says may be of any type, and an object may even make `String` throw.

export const text = (value: unknown, otherwise = ""): string => (typeof value === "string" ? value : otherwise);

export const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
