# syntax=docker/dockerfile:1.7
# One file for all services: docker build --build-arg APP=products -t tenantry/products .
# The base is pinned by version. Pin it by digest, too, where you build (NODE_IMAGE=node@sha256:...): none could be looked up where this was written.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
# Scripts of packages are not run: nothing here needs them.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
RUN node_modules/.bin/tsc -b
ARG APP
RUN test -n "$APP" && node tools/deploy/image/main.mjs "$APP" /image

FROM ${NODE_IMAGE}
ARG APP
LABEL org.opencontainers.image.title="tenantry-${APP}" org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HEALTH_HOST=0.0.0.0
COPY --from=build /image /app
WORKDIR /app/apps/${APP}
# `node` of the base image, by number: Kubernetes can then see that it is not root.
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT || 8080}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--min-semi-space-size=16", "dist/main.js"]
