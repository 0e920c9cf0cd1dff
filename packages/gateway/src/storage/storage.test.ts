import { storageSuite } from "./storage.suite.ts";
import { testEngines } from "./testing/index.ts";

for (const engine of testEngines()) storageSuite(engine);
