import { simulationSuite } from "./simulation.suite.ts";

simulationSuite(1_000);
