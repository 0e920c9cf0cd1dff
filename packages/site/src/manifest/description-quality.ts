import type { JsonSchema, Manifest } from "@agentgate/protocol/site";

/** An agent chooses by descriptions alone; these are the ones it cannot choose by. */
export function findPoorDescriptions(manifest: Manifest): string[] {
  const warnings: string[] = [];
  const check = (place: string, name: string, description: string) => {
    const problem = problemOf(name, description);
    if (problem) warnings.push(`${place}: ${problem}`);
  };
  check("the site", manifest.name, manifest.description);
  for (const intent of manifest.intents) {
    check(`intent "${intent.name}"`, intent.name, intent.description);
    warnings.push(...undescribed(`intent "${intent.name}"`, intent.input_schema));
  }
  for (const flow of manifest.flows) {
    check(`flow "${flow.name}"`, flow.name, flow.description);
    for (const step of flow.steps) {
      const place = `step "${step.name}" of flow "${flow.name}"`;
      check(place, step.name, step.description);
      warnings.push(...undescribed(place, step.input_schema));
    }
  }
  return warnings;
}

function problemOf(name: string, description: string | undefined): string | undefined {
  const text = description?.trim() ?? "";
  if (!text) return "has no description. Say in a sentence what it does and when to use it.";
  if (plain(text) === plain(name))
    return `its description "${text}" only repeats its name. Say what it does and when to use it.`;
  if (text.length < 12)
    return `its description "${text}" is too short to choose by. Say what it does and when to use it.`;
  return undefined;
}

const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Arguments whose name alone does not tell what to send. */
function undescribed(place: string, schema: JsonSchema): string[] {
  const properties = (schema.properties ?? {}) as Record<string, { description?: unknown } | undefined>;
  return Object.entries(properties)
    .filter(([name, property]) => name.length <= 2 && !property?.description)
    .map(([name]) => `${place}: the argument "${name}" needs a description; its name does not tell what to send.`);
}
