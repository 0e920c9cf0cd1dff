import { program } from "./program.mjs";

export default {
  async fetch(request) {
    try {
      return Response.json(await program(new URL(request.url).searchParams.getAll("given")));
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 });
    }
  },
};
