import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/** Makes parts of agents' texts findable without reading every agent. */
export const indexForSearch = (db: Kysely<unknown>, engine: EngineName): Promise<void> =>
  engine === "sqlite" ? createFullText(db) : createTrigrams(db);

/** A full-text table of trigrams that keeps no text of its own; triggers keep it in step with `agents`. */
async function createFullText(db: Kysely<unknown>): Promise<void> {
  await sql`
    create virtual table agents_fts using fts5 (
      search_text, skills_text, tags_text,
      content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
    )
  `.execute(db);
  const add = sql`
    insert into agents_fts (rowid, search_text, skills_text, tags_text)
    values (new.seq, new.search_text, new.skills_text, new.tags_text)
  `;
  const remove = sql`delete from agents_fts where rowid = old.seq`;
  await sql`create trigger agents_fts_insert after insert on agents begin ${add}; end`.execute(db);
  await sql`create trigger agents_fts_delete after delete on agents begin ${remove}; end`.execute(db);
  await sql`
    create trigger agents_fts_update after update of search_text, skills_text, tags_text on agents
    when (old.search_text, old.skills_text, old.tags_text) is not (new.search_text, new.skills_text, new.tags_text)
    begin ${remove}; ${add}; end
  `.execute(db);
}

/** A server that lacks the extension, or does not let this user create it, searches without an index. */
async function createTrigrams(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      create extension if not exists pg_trgm;
      create index agents_search on agents
        using gin (search_text gin_trgm_ops, skills_text gin_trgm_ops, tags_text gin_trgm_ops) with (fastupdate = off);
    exception when others then
      raise notice 'agents are searched without an index: %', sqlerrm;
    end $$
  `.execute(db);
}
