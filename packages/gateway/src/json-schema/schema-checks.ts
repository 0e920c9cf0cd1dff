import { type Schema, Validator } from "@cfworker/json-schema";
import { ShareCache } from "../runtime/index.ts";
import { evaluable } from "./evaluable.ts";
import { type Largest, Meter } from "./meter.ts";
import { schemaFault } from "./schema-fault.ts";

/** What is wrong with a value. */
export interface SchemaFinding {
  /** JSON Pointer (RFC 6901) into the value; empty for the whole. */
  pointer: string;
  /** The schema's keyword that it fails. */
  keyword: string;
  message: string;
}

export interface SchemaChecksOptions {
  /** What all schemas that are kept ready may take, counted by their texts. */
  bytesMax?: number;
  /** What one owner's may have of that. */
  bytesPerOwner?: number;
}

const MIB = 2 ** 20;
const FINDINGS_MAX = 10;
/** What one look may take: so many schemas are come to, whatever leads to them. Beyond that a value is not judged. */
const UNITS_MAX = 20_000;
/** Values, elements and members of what is looked at. */
const PARTS_MAX = 200_000;
const NAME_LENGTH_MAX = 256;

interface Ready {
  validator: Validator;
  meter: Meter;
}

/**
 * Holds values against schemas of agents (JSON Schema 2020-12). Anybody may have written a schema: it is interpreted, never compiled, and
 * whatever it says takes a bounded time. What would take longer is not looked at, for the agent looks at it itself.
 */
export class SchemaChecks {
  readonly #ready: ShareCache<Ready>;

  constructor({ bytesMax = 16 * MIB, bytesPerOwner = 2 * MIB }: SchemaChecksOptions = {}) {
    this.#ready = new ShareCache({ bytesMax, perOwner: bytesPerOwner });
  }

  /**
   * What of this value does not fit, ten findings at most; none for a value that fits or that nobody can judge.
   *
   * @param key tells schemas apart, such as a digest @param owner whose share of the memory a schema takes
   */
  findings(schema: unknown, value: unknown, { key, owner }: { key: string; owner: string }): SchemaFinding[] {
    return this.#judged(schema, value, { key, owner }) ?? [];
  }

  /** The same of a schema of the gateway's own, by which it reads the value: what nobody can judge does not fit. */
  demanded(schema: unknown, value: unknown, key: string): SchemaFinding[] {
    return this.#judged(schema, value, { key, owner: "" }) ?? [UNREADABLE];
  }

  #judged(
    schema: unknown,
    value: unknown,
    { key, owner }: { key: string; owner: string },
  ): SchemaFinding[] | undefined {
    const ready = this.#ready.get(key) ?? this.#prepare(schema, key, owner);
    if (!ready) return undefined;
    const largest = largestIn(value);
    if (!largest) return undefined;
    ready.meter.begin(UNITS_MAX, largest);
    try {
      const { valid, errors } = ready.validator.validate(value);
      return valid ? [] : told(errors);
    } catch {
      // It takes too long, or leads in a circle, or nowhere.
      return undefined;
    }
  }

  #prepare(schema: unknown, key: string, owner: string): Ready | undefined {
    if (schemaFault(schema) !== undefined) return undefined;
    try {
      const meter = new Meter();
      const made = evaluable(schema, meter);
      const ready = { validator: new Validator(made as Schema, "2020-12", false), meter };
      this.#ready.set(key, ready, owner, 2 * JSON.stringify(made).length + 500);
      return ready;
    } catch {
      return undefined;
    }
  }
}

const UNREADABLE: SchemaFinding = {
  pointer: "",
  keyword: "",
  message: "Nobody can judge this: it is too large, or has names that are none",
};

/** How large a value is where it is largest; undefined for one that is too large, or has a name that is too long to be held against a pattern. */
function largestIn(value: unknown): Largest | undefined {
  const largest = { members: 0, text: 0 };
  let parts = 0;
  const waiting = [value];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (++parts > PARTS_MAX) return undefined;
    if (typeof one === "string") largest.text = Math.max(largest.text, one.length);
    else if (Array.isArray(one)) {
      if (one.length > PARTS_MAX) return undefined;
      for (const item of one) waiting.push(item);
    } else if (typeof one === "object" && one !== null) {
      const members = Object.entries(one);
      largest.members = Math.max(largest.members, members.length);
      for (const [name, member] of members) {
        if (name.length > NAME_LENGTH_MAX) return undefined;
        largest.text = Math.max(largest.text, name.length);
        waiting.push(member);
      }
    }
  }
  return largest;
}

interface OutputUnit {
  keyword: string;
  instanceLocation: string;
  error: string;
}

/** Keywords that only say that something below them failed. */
const ABOVE = new Set([
  "properties",
  "items",
  "prefixItems",
  "allOf",
  "$ref",
  "if",
  "then",
  "else",
  "dependentSchemas",
]);

function told(errors: readonly OutputUnit[]): SchemaFinding[] {
  const own = errors.filter(({ keyword }) => !ABOVE.has(keyword));
  const seen = new Set<string>();
  const findings: SchemaFinding[] = [];
  for (const { keyword, instanceLocation, error } of own.length > 0 ? own : errors) {
    const pointer = decodeURI(instanceLocation.replace(/^#/, "")).replace(/%23/g, "#");
    const named = `${pointer} ${keyword}`;
    if (seen.has(named)) continue;
    seen.add(named);
    findings.push({ pointer, keyword, message: error.slice(0, 300) });
    if (findings.length === FINDINGS_MAX) break;
  }
  return findings;
}
