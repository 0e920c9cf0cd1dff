/** A text with a version, as a store keeps it. */
export interface StoredRecord {
  readonly text: string;
  readonly version: number;
}

/**
 * The smallest thing a database has to do for sessions and idempotent replies: keep texts by id, change them by
 * compare-and-set, forget them in time and not before. Ids are at most 200 ASCII characters. A store that has no room
 * left refuses with `SiteError("unavailable", …)`; it never makes room by forgetting what is still good.
 */
export interface RecordStore {
  /**
   * @param holder whose share of the store the record takes, for stores that have shares: `subject:…` for somebody
   * authenticated, anything else for strangers
   * @returns false when a live record has this id already
   */
  insert(id: string, record: StoredRecord, expiresAt: number, holder?: string): Promise<boolean>;
  /** @returns `undefined` when unknown or expired */
  read(id: string): Promise<StoredRecord | undefined>;
  /** Replaces a live record whose version is `expectedVersion`. @returns false otherwise */
  replace(id: string, record: StoredRecord, expectedVersion: number, expiresAt: number): Promise<boolean>;
  remove(id: string): Promise<void>;
}
