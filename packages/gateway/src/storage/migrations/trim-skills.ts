import { type Kysely, sql } from "kysely";

const BYTES_MAX = 65_536;
const PAGE = 16;

/**
 * Leaves of each agent's skills what a registration may hold today: earlier releases took a megabyte of them from a card. The card itself
 * is kept whole elsewhere.
 */
export async function trimSkills(db: Kysely<unknown>): Promise<void> {
  for (let after = 0n; ; ) {
    const { rows } = await sql<{ seq: bigint; skills: string }>`
      select seq, skills from agents where octet_length(skills) > ${sql.lit(BYTES_MAX)} and seq > ${after}
      order by seq limit ${sql.lit(PAGE)}
    `.execute(db);
    for (const { seq, skills } of rows) {
      await sql`update agents set skills = ${fitting(JSON.parse(skills))} where seq = ${seq}`.execute(db);
    }
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

/** The skills, first to last, that have room. */
function fitting(skills: readonly unknown[]): string {
  const kept: string[] = [];
  let bytes = 2;
  for (const text of skills.map((skill) => JSON.stringify(skill))) {
    const more = Buffer.byteLength(text) + 1;
    if (bytes + more > BYTES_MAX) continue;
    bytes += more;
    kept.push(text);
  }
  return `[${kept.join(",")}]`;
}
