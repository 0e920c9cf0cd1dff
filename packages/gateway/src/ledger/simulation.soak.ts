import { simulationSuite } from "./simulation.suite.ts";

simulationSuite(100_000);
