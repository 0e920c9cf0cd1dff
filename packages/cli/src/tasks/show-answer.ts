import type { Output } from "../output/output.ts";
import { showValue } from "../site/show-value.ts";
import { dataOf, type TaskAnswer } from "./task-answer.ts";

/** An answer for people: what it says, else its data, else the whole of it. */
export function showAnswer({ text, answer }: TaskAnswer, output: Output): void {
  if (text !== "") output.text(text);
  else showValue(dataOf(answer) ?? answer, output);
}
