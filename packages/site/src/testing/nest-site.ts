import "reflect-metadata";
import { Controller, Get, type INestApplication, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";

class OwnController {
  root(): string {
    return "the site";
  }
  own(): string {
    return "the site";
  }
}
class OwnModule {}

/** NestJS' legacy decorators, applied by hand: the sources run without a transform. */
const method = (name: "root" | "own", path: string) =>
  Get(path)(OwnController.prototype, name, Object.getOwnPropertyDescriptor(OwnController.prototype, name)!);
method("root", "/");
method("own", "agent/own");
Controller()(OwnController);
Module({ controllers: [OwnController] })(OwnModule);

/** A NestJS application with routes of its own. */
export function nestSite(platform: "express" | "fastify", bodyParser: boolean): Promise<INestApplication> {
  const options = { logger: false as const, bodyParser };
  return platform === "fastify"
    ? NestFactory.create(OwnModule, new FastifyAdapter(), options)
    : NestFactory.create(OwnModule, options);
}
