import { parseSync, visitorKeys } from "oxc-parser";

/** A place that keeps a number of things beyond the call that brings them: a cache, queue, list or buffer. */
export interface Keeper {
  /** `packages/gateway/src/limits/memory-rate-limiter.ts#buckets` */
  place: string;
  line: number;
}

interface Node {
  type: string;
  start: number;
  [key: string]: unknown;
}

/** What can grow: made empty, or by one of these. */
const growing =
  /^(Map|Set|Array|LRUCache|ShareCache|CachedLookup|Rotation|Shares|FairShares|CallerShares|KeptBytes|MemoryRateLimiter|BodyBytes)$/;
const growingType = /^(Map|Set|Array|LRUCache|CachedLookup|Rotation|Shares|FairShares|CallerShares|KeptBytes|Buffer)$/;
const makers = /^(createLruCache)$/;
/** What is called on the spot keeps nothing: its function is part of the call. */
const immediate = /^(map|forEach|filter|flatMap|reduce|find|some|every|sort|replace|replaceAll|then|catch|finally)$/;
const mutations = /^(set|add|push|unshift|append)$/;

/**
 * Finds the keepers of a source file: fields of classes, variables of modules, and variables of functions that a function inside, which
 * may outlive the call, adds to. What is written whole (`new Map([...])`, a literal with elements) does not grow unless it is a field.
 */
export function keepersOf({ path, text }: { path: string; text: string }): Keeper[] {
  const { program } = parseSync(path, text);
  const found: Keeper[] = [];
  const add = (name: string, at: number) =>
    found.push({ place: `${path}#${name}`, line: text.slice(0, at).split("\n").length });

  /** Variables that can grow, of the functions around. */
  type Scope = { names: Map<string, Node>; depth: number };
  const visit = (node: Node, parent: Node | undefined, scopes: Scope[], inType: boolean): void => {
    if (node.type === "PropertyDefinition" && !node.static) {
      if (canGrow(node.value as Node | null) || hasGrowingType(node)) add(nameOf(node.key as Node), node.start);
    }
    if (node.type === "VariableDeclarator" && canGrow(node.init as Node | null)) {
      const name = nameOf(node.id as Node);
      // A table that a module writes once from what it knows does not grow.
      const isTable =
        (node.init as Node).type === "NewExpression" && ((node.init as Node).arguments as Node[]).length > 0;
      if (scopes.length === 1 && parent?.type === "VariableDeclaration") {
        if (!isTable) add(name, node.start);
      } else scopes.at(-1)!.names.set(name, node);
    }
    if (node.type === "CallExpression") {
      const callee = node.callee as Node;
      const kept = callee.type === "MemberExpression" && mutations.test(nameOf(callee.property as Node));
      if (kept) {
        const name = nameOf(callee.object as Node);
        const at = scopes.findLastIndex(({ names }) => names.has(name));
        if (at > 0 && at < scopes.length - 1) {
          add(name, scopes[at]!.names.get(name)!.start);
          scopes[at]!.names.delete(name);
        }
      }
    }
    const opens = isFunction(node) && !isImmediate(node, parent);
    const inner = opens ? [...scopes, { names: new Map(), depth: scopes.length }] : scopes;
    for (const key of visitorKeys[node.type] ?? []) {
      const children = node[key] as Node | (Node | null)[] | null;
      for (const child of Array.isArray(children) ? children : [children]) {
        if (child && !child.type.startsWith("TSType") && !child.type.startsWith("TSInterface"))
          visit(child, node, inner, inType);
      }
    }
  };
  visit(program as unknown as Node, undefined, [{ names: new Map(), depth: 0 }], false);
  return found;
}

const isFunction = ({ type }: Node) => /Function/.test(type);

/** A callback of a method that calls it at once, or the executor of a promise. */
function isImmediate(node: Node, parent: Node | undefined): boolean {
  if (!parent || !((parent.arguments as Node[] | undefined) ?? []).includes(node)) return false;
  if (parent.type === "NewExpression") return nameOf(parent.callee as Node) === "Promise";
  const callee = parent.callee as Node;
  return callee.type === "MemberExpression" && immediate.test(nameOf(callee.property as Node));
}

function canGrow(value: Node | null): boolean {
  if (!value) return false;
  if (value.type === "ArrayExpression") return (value.elements as unknown[]).length === 0;
  if (value.type === "NewExpression")
    return growing.test(nameOf(value.callee as Node)) && !isConstant((value.arguments as Node[])[0]);
  if (value.type === "CallExpression") return makers.test(nameOf(value.callee as Node));
  return false;
}

/** `new Set(["a", "b"])` */
const isConstant = (argument: Node | undefined) =>
  argument?.type === "ArrayExpression" && (argument.elements as unknown[]).length > 0;

/** A field without a first value, or with one from elsewhere, whose type can grow. */
function hasGrowingType({ typeAnnotation, value }: Node): boolean {
  if (value && (value as Node).type !== "NewExpression" && (value as Node).type !== "Identifier") return false;
  if (value) return false;
  const type = (typeAnnotation as Node | null)?.typeAnnotation as Node | undefined;
  if (!type) return false;
  if (type.type === "TSArrayType") return true;
  return type.type === "TSTypeReference" && growingType.test(nameOf(type.typeName as Node));
}

function nameOf(node: Node): string {
  if (node.type === "PrivateIdentifier") return `${node.name}`;
  if (node.type === "MemberExpression") return nameOf(node.property as Node);
  return typeof node.name === "string" ? node.name : "";
}
