import type { DirectorySite } from "@agentgate/protocol/directory";
import { sql } from "kysely";
import { renderTimestamp } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";

export interface SitePage {
  sites: DirectorySite[];
  /** The id behind which the list goes on; undefined at its end. */
  next: string | undefined;
}

/** Characters of a page: whoever searches reads many of them. */
const PAGE_LENGTH_MAX = 2 * 1024 * 1024;
/** Sites that are read at once: of the largest, half as much as a page takes. */
const ROWS_AT_ONCE = 32;

/** Sites that everybody sees, in the order of their ids. */
export class ListedSites {
  readonly #storage: Storage;
  readonly #publicUrl: () => string;

  constructor(storage: Storage, publicUrl: () => string) {
    this.#storage = storage;
    this.#publicUrl = publicUrl;
  }

  /** A page of large sites ends before its limit. */
  async page({ limit, after = "" }: { limit: number; after?: string | undefined }): Promise<SitePage> {
    const sites: DirectorySite[] = [];
    let length = 0;
    for (let last = after; ; ) {
      const wanted = Math.min(limit - sites.length, ROWS_AT_ONCE);
      const rows = await this.#rows(last, wanted + 1);
      for (const row of rows.slice(0, wanted)) {
        length += row.entry.length;
        if (sites.length > 0 && length > PAGE_LENGTH_MAX) return { sites, next: last };
        sites.push(this.#siteOf(row));
        last = row.id;
      }
      if (rows.length <= wanted) return { sites, next: undefined };
      if (sites.length === limit) return { sites, next: last };
    }
  }

  async #rows(after: string, limit: number): Promise<Row[]> {
    // Written out, so that the index of just these is used.
    const { rows } = await sql<Row>`
      select agents.id as id, agents.tags as tags, entry, checked_at
      from agents join agent_manifests on agent_manifests.agent_id = agents.id
      where agents.protocol = 'site' and agents.hidden = 0 and agents.id > ${after}
      order by agents.id limit ${sql.lit(limit)}
    `.execute(this.#storage.db);
    return rows;
  }

  #siteOf({ id, tags, entry, checked_at }: Row): DirectorySite {
    const url = this.#publicUrl();
    const own = JSON.parse(tags) as string[];
    return {
      ...(JSON.parse(entry) as DirectorySite),
      ...(own.length > 0 && { tags: own }),
      checked_at: renderTimestamp(checked_at),
      gateway: { agent_id: id, task_url: `${url}/agents/${id}/task`, card_url: `${url}/agents/${id}/card` },
    };
  }
}

interface Row {
  id: string;
  tags: string;
  entry: string;
  checked_at: bigint;
}
