/** What `await`, `JSON.stringify`, the language and libraries ask any object for. */
const isProbe = (name: string) => name in Object.prototype || /^(then|toJSON|\W.*)$/.test(name);

/**
 * A frozen object of what a manifest names. Names come from the manifest alone, never from a prototype; the members are
 * ordinary own properties, so `Object.keys`, `in` and consoles work. `then` is never a member, or `await` would call it.
 *
 * @param find - makes the member, or throws what asking for a name that the manifest lacks shall throw
 */
export function namedMembers<Member>(
  entries: readonly { readonly name: string }[],
  find: (name: string) => Member,
): Readonly<Record<string, Member>> {
  const members: Record<string, Member> = Object.create(null);
  for (const { name } of entries) if (name !== "then") members[name] = find(name);
  return new Proxy(Object.freeze(members), {
    get: (target, name) =>
      typeof name === "symbol" || name in target || isProbe(name) ? target[name as string] : find(name),
  });
}
