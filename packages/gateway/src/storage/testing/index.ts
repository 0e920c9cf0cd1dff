export {
  createEmptyDatabase,
  createTestStorage,
  type Location,
  type TestStorage,
  testEngines,
} from "./test-storage.ts";
