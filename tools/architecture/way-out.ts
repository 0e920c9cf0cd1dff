import { parseSync, visitorKeys } from "oxc-parser";
import { connectingGlobals, connectingModules, wayOut } from "./rules.ts";

/**
 * Every connection of the gateway outward goes through one room. Elsewhere in its production sources, modules that can connect may be
 * imported for types and for the listed harmless names only, and the globals that connect may not be used unless injected.
 */
export function checkWayOut({ path, text }: { path: string; text: string }): string[] {
  if (!path.startsWith(wayOut.within) || path.startsWith(wayOut.room)) return [];
  const { module, program } = parseSync(path, text);
  const imported = [
    ...module.staticImports.flatMap(({ moduleRequest, entries }) =>
      entries
        .filter(({ isType }) => !isType)
        .map(({ importName }) => ({ specifier: moduleRequest.value, name: importName.name ?? importName.kind })),
    ),
    ...module.staticExports.flatMap(({ entries }) =>
      entries
        .filter(({ isType, moduleRequest }) => !isType && moduleRequest)
        .map(({ moduleRequest, importName }) => ({
          specifier: moduleRequest!.value,
          name: importName.name ?? importName.kind,
        })),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
      specifier: text.slice(start + 1, end - 1),
      name: "everything",
    })),
  ];
  return [
    ...imported
      .filter(({ specifier, name }) => allowedNames(specifier)?.includes(name) === false)
      .map(({ specifier, name }) => `${path}: only ${wayOut.room} may import ${name} of ${specifier}`),
    ...usedGlobals(program).map((name) => `${path}: only ${wayOut.room} may use the global ${name}; have it injected`),
  ];
}

function allowedNames(specifier: string): readonly string[] | undefined {
  const name = specifier.replace(/^node:/, "");
  return connectingModules[name] ?? connectingModules[name.split("/")[0]!];
}

interface Node {
  type: string;
  name?: string;
  computed?: boolean;
  [key: string]: unknown;
}

/** Expressions that TypeScript wraps; every other TypeScript node is a type and connects to nothing. */
const expressionWrappers = /^TS(As|NonNull|Satisfies|Instantiation|Export|Module|Parameter|TypeAssertion)/;
const bindingKeys = new Set(["params", "id", "local", "left", "elements", "argument"]);
const bindingParents =
  /Function|VariableDeclarator|ImportSpecifier|ImportDefaultSpecifier|AssignmentPattern|ArrayPattern|RestElement/;

/** Names of connecting globals that a file refers to and does not itself declare. */
function usedGlobals(program: unknown): string[] {
  const declared = new Set<string>();
  const used = new Set<string>();

  const visit = (node: Node, parent: Node, key: string, grandparent: Node): void => {
    if (node.type.startsWith("TS") && !expressionWrappers.test(node.type)) return;
    if (node.type === "Identifier" && connectingGlobals.includes(node.name!)) {
      const isName = (key === "property" || key === "key") && !parent.computed;
      const isBinding =
        (bindingParents.test(parent.type) && bindingKeys.has(key)) ||
        (parent.type === "Property" && key === "value" && grandparent.type === "ObjectPattern");
      if (isBinding) declared.add(node.name!);
      else if (!isName) used.add(node.name!);
    }
    if (node.type === "MemberExpression" && isGlobalObject(node.object as Node)) {
      const property = node.property as Node;
      const name = property.name ?? String(property.value);
      if (connectingGlobals.includes(name)) used.add(`${(node.object as Node).name}.${name}`);
    }
    for (const childKey of visitorKeys[node.type] ?? []) {
      const children = node[childKey] as Node | (Node | null)[] | null;
      for (const child of Array.isArray(children) ? children : [children])
        if (child) visit(child, node, childKey, parent);
    }
  };

  const root = program as Node;
  visit(root, root, "", root);
  return [...used].filter((name) => !declared.has(name));
}

const isGlobalObject = (node: Node) =>
  node.type === "Identifier" && (node.name === "globalThis" || node.name === "global");
