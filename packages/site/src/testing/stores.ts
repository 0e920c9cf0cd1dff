import { DatabaseSync } from "node:sqlite";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { createClient } from "redis";
import { inject } from "vitest";
import { MemorySessionStore, type PlainSession, plainSessionStore, type SessionStore } from "../index.ts";
import { redisSessionStore } from "../stores/redis.ts";
import { sqliteClient, sqlSessionStore } from "../stores/sql.ts";

export interface StoreKind {
  readonly name: string;
  /** A server that is not installed is left out. */
  readonly available: boolean;
  open(): Promise<{ store: SessionStore; close(): Promise<unknown> | unknown }>;
}

const redisUrl = inject("redisUrl");
const postgresUrl = inject("postgresUrl");

/** Every kind of store, on its real database. */
export const storeKinds: readonly StoreKind[] = [
  { name: "memory", available: true, open: async () => ({ store: new MemorySessionStore(), close: () => {} }) },
  {
    name: "a plain three-method store",
    available: true,
    open: async () => ({ store: plainSessionStore(plainStore(), () => {}), close: () => {} }),
  },
  {
    name: "Redis through ioredis",
    available: redisUrl !== undefined,
    async open() {
      const client = new Redis(redisUrl!);
      return { store: redisSessionStore(client), close: () => client.quit() };
    },
  },
  {
    name: "Redis through node-redis",
    available: redisUrl !== undefined,
    async open() {
      const client = await createClient({ url: redisUrl! }).connect();
      return { store: redisSessionStore(client), close: () => client.close() };
    },
  },
  {
    name: "SQLite",
    available: true,
    async open() {
      const database = new DatabaseSync(":memory:");
      return { store: sqlSessionStore(sqliteClient(database)), close: () => database.close() };
    },
  },
  {
    name: "PostgreSQL",
    available: postgresUrl !== undefined,
    async open() {
      const pool = new Pool({ connectionString: postgresUrl, max: 8 });
      return { store: sqlSessionStore(pool), close: () => pool.end() };
    },
  },
];

/** A store as the README describes it: create, get, update. It keeps live references, as a careless one would. */
export function plainStore() {
  const sessions = new Map<string, PlainSession>();
  return {
    async create(flow_name: string, _entryStep: string, allowed_next_steps: readonly string[]) {
      const session = { session_id: crypto.randomUUID(), flow_name, current_step: "", allowed_next_steps };
      sessions.set(session.session_id, session);
      return session;
    },
    get: async (id: string) => sessions.get(id),
    update: async (session: PlainSession) => void sessions.set(session.session_id, session),
  };
}
