import { isObject } from "@agentgate/site/codegen";

/**
 * The absolute URL of `servers[0]`, with its variables' defaults and resolved against where the document came from.
 *
 * @returns undefined when there is no server, or a relative one in a document of unknown origin
 */
export function serverUrl(servers: unknown, sourceUrl: string | undefined): string | undefined {
  const [server] = Array.isArray(servers) ? servers : [];
  const { url = "/", variables } = isObject(server) ? server : {};
  const filled = String(url).replace(/\{([^}]*)\}/g, (whole, name: string) => {
    const variable = isObject(variables) ? variables[name] : undefined;
    return isObject(variable) ? String(variable.default ?? whole) : whole;
  });
  const base = sourceUrl && /^https?:/.test(sourceUrl) ? sourceUrl : undefined;
  if (!URL.canParse(filled, base)) return undefined;
  const absolute = new URL(filled, base);
  return /^https?:$/.test(absolute.protocol) ? absolute.href.replace(/\/+$/, "") : undefined;
}
