import type { NextConfig } from "next";

const config: NextConfig = { basePath: process.env.BASE_PATH ?? "" };
export default config;
