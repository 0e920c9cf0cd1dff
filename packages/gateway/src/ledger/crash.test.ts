import { crashSuite } from "./crash.suite.ts";

crashSuite({ rounds: 12, passages: [2] });
