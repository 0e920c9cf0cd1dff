import { crashSuite } from "./crash.suite.ts";

crashSuite({ rounds: 200, passages: [1, 2, 3, 5, 8] });
