# syntax=docker/dockerfile:1
# An image of the gateway and its command: docs/containers.md says how to run it.

FROM node:24-slim AS build
WORKDIR /agentgate
COPY . .
RUN npm ci --no-audit --no-fund && npm run build && mkdir /packed
RUN npm pack --pack-destination /packed \
      -w packages/protocol -w packages/client -w packages/site -w packages/dashboard -w packages/gateway -w packages/cli
# What users of npm get, and nothing of what it was built with.
WORKDIR /opt/agentgate
RUN npm init --yes && npm install --omit=dev --ignore-scripts --no-audit --no-fund /packed/*.tgz
# A volume takes its owner and mode from the directory in its place.
RUN install -d -m 700 /data

# Node.js, certificates and a user without rights; no shell and no package manager.
FROM gcr.io/distroless/nodejs24-debian12:nonroot
LABEL org.opencontainers.image.title="AgentGate" \
      org.opencontainers.image.description="The gateway that makes AI agents callable and billable" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/agentgate /opt/agentgate
COPY --from=build --chown=65532:65532 /data /data
WORKDIR /data
ENV AGENTGATE_HOST=0.0.0.0 \
    AGENTGATE_DATA_DIR=/data \
    NODE_DISABLE_COMPILE_CACHE=1 \
    NODE_ENV=production
USER 65532:65532
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["/nodejs/bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.AGENTGATE_PORT ?? 8000}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The program itself is the first process, so that signals reach it.
ENTRYPOINT ["/nodejs/bin/node", "/opt/agentgate/node_modules/@agentgate/cli/bin/agentgate.js"]
CMD ["serve"]
