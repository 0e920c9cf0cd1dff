export const GET = () => new Response("the site");
