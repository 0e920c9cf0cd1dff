import { type Manifest, type ManifestAuth, type ManifestFlow, manifestPath, sentence } from "@agentgate/protocol/site";

/**
 * The site as llms.txt (https://llmstxt.org): a title, a summary, what a call has to carry, and links that a language model
 * can follow. Where one intent or step needs another credential than the site says, its line tells.
 */
export function toLlmsTxt(site: Manifest | { readonly manifest: Manifest }): string {
  const { name, description, base_url, auth, intents, flows } = "manifest" in site ? site.manifest : site;
  const link = (text: string, path: string, notes: string) =>
    `- [${oneLine(text)}](${address(`${base_url}${path}`)}): ${oneLine(notes)}`;
  const own = (one: ManifestAuth = auth) => (needs(one) === needs(auth) ? "" : ` ${needs(one)}`);
  const ofSteps = (flow: ManifestFlow) => {
    const told = flow.steps.map((step) => ({ step: step.name, needs: own(step.auth ?? flow.auth) }));
    if (told.every((one) => one.needs === told[0]?.needs)) return told[0]?.needs ?? "";
    return told.map(({ step, needs }) => (needs ? ` For ${step}:${needs}` : "")).join("");
  };
  const sections = [
    `# ${oneLine(name)}`,
    ...(description ? [`> ${oneLine(description)}`] : []),
    `Agents can call this site directly. Read the manifest, then send JSON with the header \`X-Agent-Request: true\`. ${oneLine(needs(auth))}${whereToGet(auth)}`,
    `## Agent API\n\n${link("Manifest", manifestPath, "every intent and flow with its JSON Schemas")}`,
  ];
  if (intents.length) {
    const lines = intents.map((intent) => {
      const more = own(intent.auth);
      return link(intent.name, intent.endpoint, more ? sentence(intent.description) + more : intent.description);
    });
    sections.push(`## Intents\n\n${lines.join("\n")}`);
  }
  if (flows.length) {
    const lines = flows.map((flow) => {
      const steps = flow.steps.map((step) => step.name).join(" → ");
      const more = ofSteps(flow);
      const path = flow.orchestration === "server" ? "start" : `steps/${flow.steps.find((step) => step.entry)?.name}`;
      const notes = `${sentence(flow.description)} Steps: ${steps}${more && `.${more}`}`;
      return link(flow.name, `/agent/flows/${flow.name}/${path}`, notes);
    });
    sections.push(`## Flows\n\n${lines.join("\n")}`);
  }
  return `${sections.join("\n\n")}\n`;
}

function needs({ type, header, scopes = [] }: ManifestAuth): string {
  if (type === "none") return "No key is needed.";
  if (type === "api_key") return `Send an API key in the header \`${header ?? "X-API-Key"}\`.`;
  const withScopes = scopes.length ? `, with the scopes ${scopes.map((scope) => `\`${scope}\``).join(", ")}` : "";
  return `Send \`Authorization: Bearer <token>\`${withScopes}.`;
}

/** The pages and servers that give out what the site's calls need. */
function whereToGet({ docs, resource_metadata }: ManifestAuth): string {
  const links = [
    ...(docs ? [`[how to get one](${address(docs)})`] : []),
    ...(resource_metadata ? [`[who gives out tokens](${address(resource_metadata)})`] : []),
  ];
  return links.length ? ` See ${links.join(" and ")}.` : "";
}

/** No character that could end the link. */
const address = (url: string) =>
  url.replace(/[\s\p{Cc}()<>]/gu, (one) => encodeURIComponent(one).replace("(", "%28").replace(")", "%29"));

const oneLine = (text: string) =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/[[\]]/g, "\\$&")
    .trim();
