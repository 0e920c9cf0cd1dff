import { defineConfig } from "vitest/config";
import base from "./vitest.base.ts";

/** Every page there is, at every width and in every dress: some hundreds of pictures' worth, several minutes. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["tests/pages/*.pages.ts"],
    testTimeout: 900_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
