import { moneyPathSuite } from "./money-path.suite.ts";

moneyPathSuite(50);
