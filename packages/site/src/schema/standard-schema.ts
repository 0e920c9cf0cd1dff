/**
 * The Standard Schema interfaces (https://standardschema.dev, 1.1), declared here because the specification asks
 * libraries to copy them rather than depend on a package.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema that can describe itself as JSON Schema. */
export interface StandardJsonSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema: JsonSchemaConverter;
  };
}

export interface JsonSchemaConverter {
  readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
  readonly output: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
}

/** Any schema of any library that implements Standard Schema. */
// biome-ignore lint/suspicious/noExplicitAny: a bound that every schema meets
export type Schema = StandardSchema<any, any>;

/** What goes into a schema: for an input schema, what the agent sends. */
export type InferInput<S extends Schema> = NonNullable<S["~standard"]["types"]>["input"];

/** What comes out of a schema: for an input schema, what the handler gets. */
export type InferOutput<S extends Schema> = NonNullable<S["~standard"]["types"]>["output"];
