// What installs something asks registries, as this machine reaches them; the other suites ask nobody, and leave that out.
const wayOut = Object.entries(process.env).filter(([name]) =>
  /^(?:https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i.test(name),
);
const { default: base } = await import("./vitest.base.ts");
Object.assign(process.env, Object.fromEntries(wayOut));

/** What suites have in common that install what others have made. */
export default base;
