export {
  createDatabase,
  createEmptyDatabase,
  type Location,
  type TestDatabase,
  testEngines,
} from "./fresh-databases.ts";
export { createTestStorage, type TestStorage } from "./test-storage.ts";
