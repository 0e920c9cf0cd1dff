import { type PatternCost, stepsOver } from "./tame-patterns.ts";

/** What it takes to hold one value against one schema, without what is below it. */
export interface Weight {
  /** Of the schema's own members: names, values of an enum. */
  own: number;
  /** Whether each member of an object is looked at. */
  takesMembers: boolean;
  /** Whether a text's characters are counted. */
  takesText: boolean;
  /** The pattern that a text is held against. */
  pattern: PatternCost | undefined;
  /** Those that the names of members are. */
  namePatterns: readonly PatternCost[];
}

/** How large a value is in the one place where it is largest. */
export interface Largest {
  /** Of an object. */
  members: number;
  /** Characters of a text, or of a name. */
  text: number;
}

/** Characters of a text, or steps of a pattern, that take as long as a schema that is looked at. */
const PER_UNIT = 256;

/** Counts what one look takes, and ends it: however schemas lead to each other, each time that one is looked at is counted. */
export class Meter {
  #left = 0;
  #largest: Largest = { members: 0, text: 0 };

  begin(units: number, largest: Largest): void {
    this.#left = units;
    this.#largest = largest;
  }

  /** @throws RangeError when there is nothing left */
  take({ own, takesMembers, takesText, pattern, namePatterns }: Weight): void {
    const { members, text } = this.#largest;
    let units = own;
    if (takesMembers) units += members / 16;
    if (takesText) units += text / PER_UNIT;
    if (pattern) units += stepsOver(pattern, text) / PER_UNIT;
    for (const name of namePatterns) units += (members * stepsOver(name, text)) / PER_UNIT;
    this.#left -= units;
    if (this.#left < 0) throw new RangeError("too much to look at");
  }
}
