/** What one tab wants to be told: topics of `GET /events`, and which calls, as its query has them. */
export interface Wish {
  topics: readonly string[];
  /** Names and values of the query; absent ones are not there. */
  filter: Readonly<Record<string, string>>;
}

const textOf = (filter: Wish["filter"]): string => new URLSearchParams(Object.entries(filter).sort()).toString();

/** Whether both ask for the same calls. */
export const isSameFilter = (a: Wish["filter"], b: Wish["filter"]): boolean => textOf(a) === textOf(b);

/**
 * What to ask for so that every tab hears what it wants by one connection: where they differ in which calls they want, those that all of them
 * ask for alike.
 */
export function unionOf(wishes: readonly Wish[]): Wish | undefined {
  const [first, ...others] = wishes;
  if (!first) return undefined;
  const topics = [...new Set(wishes.flatMap((wish) => wish.topics))].sort();
  const shared = Object.entries(first.filter).filter(([name, value]) =>
    others.every(({ filter }) => filter[name] === value),
  );
  return { topics, filter: Object.fromEntries(shared) };
}

export const queryOf = ({ topics, filter }: Wish): string =>
  new URLSearchParams([...Object.entries(filter).sort(), ["topics", topics.join(",")]]).toString();

/** What of a call the filters look at. */
interface FilteredCall {
  agent_id: string;
  org_id: string | null;
  payer_org_id: string | null;
  status: string;
  error_detail: string | null;
  entrance: string | null;
  skill?: string | null;
  task_id: string | null;
  trace_id: string | null;
  context_id?: string | null;
  request_id: string | null;
  parent_id: string | null;
  key_id?: string | null;
  caller_ip: string;
  latency_ms: number;
}

const FIELDS: Record<string, (call: FilteredCall) => string | null | undefined> = {
  agent_id: (call) => call.agent_id,
  error: (call) => call.error_detail,
  entrance: (call) => call.entrance,
  skill: (call) => call.skill,
  payer_org_id: (call) => call.payer_org_id,
  status: (call) => call.status,
  task_id: (call) => call.task_id,
  trace_id: (call) => call.trace_id,
  context_id: (call) => call.context_id,
  request_id: (call) => call.request_id,
  parent_id: (call) => call.parent_id,
  key_id: (call) => call.key_id,
  caller_ip: (call) => call.caller_ip,
};

/** Whether a call is one that is asked for, where the gateway was asked for more because of another tab. */
export function isWanted(call: FilteredCall, filter: Wish["filter"], ownOrgId: string | null): boolean {
  return Object.entries(filter).every(([name, value]) => {
    const whose = name === "org_id" ? value : ownOrgId;
    if (name === "org_id") return call.org_id === value || call.payer_org_id === value;
    if (name === "role")
      return whose === null || (value === "payer" ? call.payer_org_id === whose : call.org_id === whose);
    if (name === "latency_min") return call.latency_ms >= Number(value);
    const field = FIELDS[name.replace(/^not_/, "")];
    if (!field) return true;
    const given = field(call);
    const isAmong = given !== null && given !== undefined && value.split(",").includes(given);
    return name.startsWith("not_") ? !isAmong : isAmong;
  });
}
