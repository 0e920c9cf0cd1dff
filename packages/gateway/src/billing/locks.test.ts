import { testLocks } from "./locks.suite.ts";

testLocks({ seconds: 4 });
