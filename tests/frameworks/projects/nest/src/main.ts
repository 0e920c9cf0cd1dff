import "reflect-metadata";
import { mount } from "@agentgate/site/nest";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { type FaceSiteName, faceSites } from "../sites/face-sites.js";

@Controller()
class OwnController {
  @Get()
  root(): string {
    return "the site";
  }

  @Get("agent/own")
  own(): string {
    return "the site";
  }
}

@Module({ controllers: [OwnController] })
class AppModule {}

const options = { logger: ["error"] as ["error"], bodyParser: process.env.BODY_PARSER !== "off" };
const app =
  process.env.PLATFORM === "fastify"
    ? await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), options)
    : await NestFactory.create(AppModule, options);
await mount(app, faceSites[(process.env.SITE ?? "echo") as FaceSiteName]());
await app.listen(process.env.PORT ?? 3000, "127.0.0.1");
