import { program } from "./program.mjs";

console.log(JSON.stringify(await program(globalThis.Deno?.args ?? process.argv.slice(2))));
