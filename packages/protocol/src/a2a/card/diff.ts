/** One member that two documents differ in. */
export interface Difference {
  /** Such as `/skills/0/name`: a JSON pointer (RFC 6901). */
  path: string;
  before?: unknown;
  after?: unknown;
}

const DIFFERENCES_MAX = 200;

/** What changed from one JSON document to the next, member by member; arrays are compared place by place. */
export function diffDocuments(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = [];
  compare(before, after, "", found);
  return found;
}

function compare(before: unknown, after: unknown, path: string, found: Difference[]): void {
  if (found.length >= DIFFERENCES_MAX || Object.is(before, after)) return;
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) {
    found.push({ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) });
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const pointer = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    compare(before[key], after[key], pointer, found);
  }
}

const isContainer = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
