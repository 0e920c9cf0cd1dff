/** Which operations are meant: by operationId, intent name, `GET /pets/*` or `tag:pets`; `*` stands for anything. */
export interface Selection {
  /** Default: all. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** @param labels - everything the operation answers to */
export function isSelected({ include = [], exclude = [] }: Selection, labels: readonly unknown[]): boolean {
  const matches = (patterns: readonly string[]) =>
    patterns.some((pattern) => labels.some((label) => typeof label === "string" && toRegExp(pattern).test(label)));
  return (include.length === 0 || matches(include)) && !matches(exclude);
}

const toRegExp = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
    "is",
  );
