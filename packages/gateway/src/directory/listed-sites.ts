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
    // Written out, so that the index of just these is used.
    const { rows } = await sql<Row>`
      select agents.id as id, agents.tags as tags, entry, checked_at
      from agents join agent_manifests on agent_manifests.agent_id = agents.id
      where agents.protocol = 'site' and agents.hidden = 0 and agents.id > ${after}
      order by agents.id limit ${sql.lit(limit + 1)}
    `.execute(this.#storage.db);
    const sites: DirectorySite[] = [];
    let length = 0;
    for (const row of rows.slice(0, limit)) {
      length += row.entry.length;
      if (sites.length > 0 && length > PAGE_LENGTH_MAX) break;
      sites.push(this.#siteOf(row));
    }
    return { sites, next: sites.length < rows.length ? rows[sites.length - 1]!.id : undefined };
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
