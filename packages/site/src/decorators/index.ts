export { flow, type StepDecorator, step, toFlow } from "./decorators.ts";
