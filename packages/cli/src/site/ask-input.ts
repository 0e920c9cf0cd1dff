import type { JsonSchema } from "@agentgate/protocol/site";
import type { Prompter } from "./prompter.ts";
import { type InputField, inputFields, nameType, readValue } from "./schema-fields.ts";

/** Nobody answers any more. */
export class EndOfAnswers extends Error {
  override readonly name = "EndOfAnswers";
}

/**
 * Asks for each argument of an operation. Return takes what stands in brackets: what was typed before the step was refused,
 * what an earlier step answered under that name, or the schema's default; an optional argument is left out.
 *
 * @param known - what can be suggested, by name
 */
export async function askInput(
  schema: JsonSchema,
  known: ReadonlyMap<string, unknown>,
  prompter: Prompter,
): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  for (const field of inputFields(schema)) {
    const value = await askField(field, known.get(field.name) ?? field.fallback, prompter);
    if (value !== undefined) Object.defineProperty(input, field.name, { value, enumerable: true });
  }
  return input;
}

async function askField(field: InputField, suggestion: unknown, prompter: Prompter): Promise<unknown> {
  const { name, type, required, description, choices } = field;
  const about = [choices.length > 0 ? choices.map(String).join(" | ") : type, ...(required ? [] : ["optional"])].join(
    ", ",
  );
  if (description) prompter.say(`  ${description}`);
  for (;;) {
    const shown =
      suggestion === undefined ? "" : ` [${typeof suggestion === "string" ? suggestion : JSON.stringify(suggestion)}]`;
    const answer = await prompter.ask(`  ${name} (${about})${shown}:`);
    if (answer === undefined) throw new EndOfAnswers();
    if (answer === "") {
      if (suggestion !== undefined || !required) return suggestion;
      prompter.say(`  ${name} is needed.`);
      continue;
    }
    const value = readValue(answer, type);
    if (value !== undefined) return value;
    prompter.say(`  That is not ${nameType(type)}.`);
  }
}

/** One of several, by name or number; without asking when there is only one. */
export async function choose(question: string, names: readonly string[], prompter: Prompter): Promise<string> {
  if (names.length === 1) return names[0]!;
  names.forEach((name, index) => {
    prompter.say(`  ${index + 1}  ${name}`);
  });
  for (;;) {
    const answer = await prompter.ask(`${question} (1–${names.length}, or the name):`);
    if (answer === undefined) throw new EndOfAnswers();
    const chosen = names.find((name, index) => name === answer || `${index + 1}` === answer);
    if (chosen !== undefined) return chosen;
  }
}
