import { moneyPathSuite } from "./money-path.suite.ts";

moneyPathSuite(2_000);
