import type { Kysely, Selectable, Transaction } from "kysely";
import type { AgentChangesTable, Database } from "../../storage/index.ts";
import type { AgentChange, CardChange } from "./change.ts";
import { fromJson, toJson } from "./pinned.ts";

/** The change of an agent that waits, or was refused. */
export async function findChange(db: Kysely<Database>, agentId: string): Promise<AgentChange | undefined> {
  const query = db.selectFrom("agent_changes").selectAll().where("agent_id", "=", agentId);
  const row = await query.executeTakeFirst();
  return row && fromRow(row);
}

/** Writes it within the transaction that has locked its agent; undefined is none. */
export async function putChange(
  trx: Transaction<Database>,
  agentId: string,
  change: AgentChange | undefined,
): Promise<void> {
  if (!change) return void (await trx.deleteFrom("agent_changes").where("agent_id", "=", agentId).execute());
  const { state, reason, since, fields, card } = change;
  const kept = card.kind === "replaced" ? card : undefined;
  const row = {
    ...{ state, reason, since, fields: toJson(fields), card_fate: card.kind },
    card_url: kept?.url ?? null,
    card_original: kept?.original ?? null,
    card_address: kept?.address ?? null,
  };
  await trx
    .insertInto("agent_changes")
    .values({ agent_id: agentId, ...row })
    .onConflict((conflict) => conflict.column("agent_id").doUpdateSet(row))
    .execute();
}

const fromRow = (row: Selectable<AgentChangesTable>): AgentChange => ({
  state: row.state,
  reason: row.reason,
  since: row.since,
  fields: fromJson(row.fields),
  card: cardOf(row),
});

function cardOf(row: Selectable<AgentChangesTable>): CardChange {
  if (row.card_fate !== "replaced") return { kind: row.card_fate };
  return {
    kind: "replaced",
    url: row.card_url ?? undefined,
    original: row.card_original!,
    address: row.card_address ?? undefined,
  };
}
