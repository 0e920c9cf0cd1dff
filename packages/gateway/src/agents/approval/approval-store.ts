import { type RawBuilder, sql } from "kysely";
import { afterParameter } from "../../http/index.ts";
import type { Micros } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";

/** Which agents are listed, newest first: what waits, was refused or is suspended. */
export interface ApprovalFilter {
  state: "pending" | "rejected" | "suspended";
  kind?: "agent" | "change" | undefined;
  orgId?: string | undefined;
}

/** One of them. An agent may be there twice: itself, and with a change. */
export interface ApprovalPlace {
  agentId: string;
  kind: "agent" | "change";
  since: Micros;
}

const PLACE = /^(\d{1,18})-(agent|change)-([0-9a-f-]{36})$/;
/** `next` as a query parameter. */
export const approvalBefore = afterParameter(PLACE).describe("`next` of the page before");

const placeText = ({ since, kind, agentId }: ApprovalPlace): string => `${since}-${kind}-${agentId}`;

function placeOf(text: string): ApprovalPlace {
  const [, since, kind, agentId] = PLACE.exec(text)!;
  return { since: BigInt(since!), kind: kind as ApprovalPlace["kind"], agentId: agentId! };
}

interface PlaceRow {
  id: string;
  kind: "agent" | "change";
  since: bigint;
  bytes: bigint;
}

/** Bytes of records and cards that a page shows; one larger than that has a page of its own. */
const PAGE_BYTES = 2 * 1024 * 1024;
const bytesOfAgent = sql`octet_length(skills) + octet_length(description) + octet_length(tags) + octet_length(url)`;

/** A page of what there is to be decided, and where the list goes on. */
export async function listApprovals(
  { db }: Pick<Storage, "db">,
  { state, kind, orgId }: ApprovalFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<{ places: ApprovalPlace[]; next: string | null }> {
  const last = before === undefined ? undefined : placeOf(before);
  const ofOrg = orgId === undefined ? sql`true` : sql`agents.org_id = ${orgId}`;
  const cards = sql`(select coalesce(sum(octet_length(original)), 0) from agent_cards where agent_id = agents.id)`;
  const part = (
    name: "agent" | "change",
    since: RawBuilder<unknown>,
    from: RawBuilder<unknown>,
    more: RawBuilder<unknown>,
  ) => sql`
    select * from (
      select agents.id as id, ${sql.lit(name)} as kind, ${since} as since,
        ${bytesOfAgent} + ${cards} + ${more} as bytes
      from ${from} and ${ofOrg} and ${last ? sql`${since} <= ${last.since}` : sql`true`} and ${isBehind(name, since, last)}
      order by ${since} desc, agents.id desc limit ${limit + 1}
    ) as ${sql.ref(`${name}s`)}`;
  const agents = part(
    "agent",
    sql`approval_since`,
    sql`agents where approval <> 'approved' and approval = ${state}`,
    sql`0`,
  );
  const changes = part(
    "change",
    sql`agent_changes.since`,
    sql`agent_changes join agents on agents.id = agent_id where agent_changes.state = ${state}`,
    sql`coalesce(octet_length(card_original), 0) + octet_length(fields)`,
  );
  const wanted = [...(kind === "change" ? [] : [agents]), ...(kind === "agent" ? [] : [changes])];
  const { rows } = await sql<PlaceRow>`
    select id, kind, since, cast(bytes as bigint) as bytes from (${sql.join(wanted, sql` union all `)}) as found
    order by since desc, kind desc, id desc limit ${limit + 1}
  `.execute(db);
  const shown = fitting(rows.slice(0, limit));
  const places = shown.map(({ id, kind, since }) => ({ agentId: id, kind, since }));
  return { places, next: rows.length > shown.length ? placeText(places.at(-1)!) : null };
}

/** In the order of the list: by time, then by kind, then by id, all backwards. */
function isBehind(kind: "agent" | "change", since: RawBuilder<unknown>, last: ApprovalPlace | undefined) {
  if (!last) return sql`true`;
  if (kind === last.kind) return sql`(${since}, agents.id) < (${last.since}, ${last.agentId})`;
  return kind < last.kind ? sql`true` : sql`${since} < ${last.since}`;
}

function fitting(rows: readonly PlaceRow[]): PlaceRow[] {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += Number(row.bytes);
    return index > 0 && bytes > PAGE_BYTES;
  });
  return end === -1 ? [...rows] : rows.slice(0, end);
}
