// After an install: builds the pages, so that `npm start` serves them. A gateway works without them; its pages say then how to get them.
import { buildPages } from "../packages/dashboard/build.ts";

await buildPages().catch((error: unknown) => {
  console.error("The pages were not built; everything else works. `npm run build:pages` tries again.", error);
});
