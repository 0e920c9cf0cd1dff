/** What nodes tell each other. */
export interface NodesDatabase {
  settings: SettingsTable;
  versions: VersionsTable;
  changes: ChangesTable;
  leases: LeasesTable;
  nodes: NodesTable;
}

export interface SettingsTable {
  name: string;
  value: string;
}

/** A counter per topic that moves in the transaction of every change to it; see `ChangeFeed`. */
export interface VersionsTable {
  topic: string;
  version: bigint;
}

/** What each version of a topic changed; the latest versions only. */
export interface ChangesTable {
  topic: string;
  version: bigint;
  /** JSON array of keys; empty text when it may be anything. */
  entries: string;
}

/** What one node at a time does, and which does it. No row for what nobody does. */
export interface LeasesTable {
  name: string;
  /** The node. */
  holder: string;
  /** Moves with every sign of life of the holder. */
  beat: bigint;
  /** How far the work is, in its own words. */
  state: string;
}

/** Nodes that live, or did lately. Times are in microseconds of the database's clock. */
export interface NodesTable {
  /** Of this run of the node; its name as a holder of leases. */
  id: string;
  name: string;
  version: string;
  started_at: bigint;
  seen_at: bigint;
  /** JSON: what it says of itself. */
  load: string;
}
