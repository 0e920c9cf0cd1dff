import type { Command } from "commander";
import type { Cli } from "../cli.ts";

/** Gives a command its arguments, options, examples and action. */
export type DefineCommand = (command: Command, cli: Cli) => void;
