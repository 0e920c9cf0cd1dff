import { simulationSuite } from "./simulation.suite.ts";

simulationSuite(20_000);
