// Fills empty databases with a large ledger, in a process of its own, so that what it leaves in memory is nobody's who measures.
// Arguments: LargeBooks, and the databases' locations, as JSON.
import type { Location } from "../../packages/gateway/src/storage/testing/index.ts";
import { type LargeBooks, postgresSink, sqliteSink, writeLargeBooks } from "./large-books.ts";

const [books, locations] = process.argv.slice(2).map((text) => JSON.parse(text)) as [LargeBooks, Location[]];
const sinks = locations.map((location) => (location.databaseUrl ? postgresSink(location) : sqliteSink(location)));
await writeLargeBooks(books, await Promise.all(sinks));
