import type pg from "pg";

/**
 * One statement, as the driver answers it. A connection that has not answered in time is cut, with all that waits on it, since what is
 * pipelined behind would wait as well; 0 for no end.
 *
 * By a callback and a timer of its own: what the driver's promises and `query_timeout` were answered with, V8 finds alive each time it clears
 * its young generation, so that a list that is read page by page piles up as a whole in the old one.
 */
export function ask(client: pg.PoolClient, query: pg.QueryConfig, patienceMs: number): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const timer =
      patienceMs > 0 &&
      setTimeout(() => {
        reject(new Error(`the database gave no answer within ${patienceMs / 1000} s`));
        streamOf(client).destroy();
      }, patienceMs);
    client.query(query, (error: Error | null, result) => {
      if (timer) clearTimeout(timer);
      if (error) reject(error);
      else resolve(result);
    });
  });
}

const streamOf = (client: pg.PoolClient) =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
