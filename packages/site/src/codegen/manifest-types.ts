import type { Manifest, ManifestStep } from "@agentgate/protocol/site";
import { docComment, propertyKey, typeName } from "./identifier.ts";
import { commentText, quoted } from "./plain-text.ts";
import { TypeWriter } from "./type-writer.ts";

/**
 * A `.d.ts` with the contract of a discovered site, for `client.discover<MyShop>(…)`. The contract is named after the site.
 *
 * @param source - where the manifest came from, for the first line
 */
export function renderManifestTypes(manifest: Manifest, source: string): string {
  const contract = typeName(manifest.name);
  const types = new TypeWriter([contract]);
  const operation = (
    { name, description, input_schema, output_schema }: Omit<ManifestStep, "entry" | "next_steps">,
    indent: string,
  ) => {
    const inner = `${indent}  `;
    return [
      docComment(description, indent),
      `${indent}${propertyKey(name)}: {\n`,
      `${inner}input: ${types.write(input_schema, inner)};\n`,
      `${inner}output: ${types.write(output_schema, inner)};\n`,
      `${indent}};\n`,
    ].join("");
  };
  const intents = manifest.intents.map((intent) => operation(intent, "    "));
  const flows = manifest.flows.map(({ name, description, orchestration, steps }) =>
    [
      docComment(description, "    "),
      `    ${propertyKey(name)}: {\n`,
      `      orchestration: ${quoted(orchestration)};\n`,
      `      steps: {\n${steps.map((step) => operation(step, "        ")).join("")}      };\n`,
      "    };\n",
    ].join(""),
  );
  return [
    `// The contract of ${commentText(source)}, written by \`agentgate types\`. Do not edit: write it again.\n`,
    `// const site = await client.discover<${contract}>(${commentText(quoted(manifest.base_url))});\n\n`,
    docComment(manifest.description, ""),
    `export interface ${contract} {\n  intents: {\n${intents.join("")}  };\n  flows: {\n${flows.join("")}  };\n}\n`,
    ...types.declarations().map((text) => `\n${text}\n`),
  ].join("");
}
