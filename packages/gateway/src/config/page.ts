import { settings } from "./settings.ts";

/** The page of settings as Markdown. */
export function configurationPage(): string {
  const rows = Object.values(settings).map(({ env, defaultText, help }) => `| \`${env}\` | ${defaultText} | ${help} |`);
  return `# Configuration

Every setting is an environment variable. \`agentgate serve --help\` lists the ones that are also options.

| variable | default | meaning |
|---|---|---|
${rows.join("\n")}
`;
}
