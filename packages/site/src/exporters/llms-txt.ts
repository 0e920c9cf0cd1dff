import { type Manifest, manifestPath } from "@agentgate/protocol/site";

/** The site as llms.txt (https://llmstxt.org): a title, a summary and links that a language model can follow. */
export function toLlmsTxt(site: Manifest | { readonly manifest: Manifest }): string {
  const { name, description, base_url, intents, flows } = "manifest" in site ? site.manifest : site;
  const link = (text: string, path: string, notes: string) =>
    `- [${oneLine(text)}](${address(`${base_url}${path}`)}): ${oneLine(notes)}`;
  const sections = [
    `# ${oneLine(name)}`,
    ...(description ? [`> ${oneLine(description)}`] : []),
    `Agents can call this site directly. Read the manifest, then send JSON with the header \`X-Agent-Request: true\`.`,
    `## Agent API\n\n${link("Manifest", manifestPath, "every intent and flow with its JSON Schemas")}`,
  ];
  if (intents.length) {
    sections.push(
      `## Intents\n\n${intents.map((intent) => link(intent.name, intent.endpoint, intent.description)).join("\n")}`,
    );
  }
  if (flows.length) {
    const lines = flows.map((flow) => {
      const steps = flow.steps.map((step) => step.name).join(" → ");
      const path = flow.orchestration === "server" ? "start" : `steps/${flow.steps.find((step) => step.entry)?.name}`;
      return link(flow.name, `/agent/flows/${flow.name}/${path}`, `${flow.description} Steps: ${steps}`);
    });
    sections.push(`## Flows\n\n${lines.join("\n")}`);
  }
  return `${sections.join("\n\n")}\n`;
}

/** No character that could end the link. */
const address = (url: string) =>
  url.replace(/[\s\p{Cc}()<>]/gu, (one) => encodeURIComponent(one).replace("(", "%28").replace(")", "%29"));

const oneLine = (text: string) =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/[[\]]/g, "\\$&")
    .trim();
