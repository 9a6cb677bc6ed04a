# A static binary in an image with nothing else: no shell, no package manager,
# not root. It writes to /var/lib/collector alone (drafts too, unless report.out is
# absolute), so the root file system may be read-only. In the configuration
# server.listen must not be loopback, which is the container's own: 0.0.0.0:9950,
# with a password in server.web_config_file, or server.allow_unauthenticated.
#
#   docker build --build-arg VERSION="$(git describe --always --dirty)" -t collector .
#   docker run --read-only --cap-drop=ALL --security-opt=no-new-privileges \
#     -v collector:/var/lib/collector -v ./collector.yaml:/etc/collector/collector.yaml:ro -p 127.0.0.1:9950:9950 collector
#   docker kill --signal=HUP CONTAINER      # reload the configuration
#
# GO is the latest patch of the Go that go.mod asks for, because its fixes are in the
# binary; for a build that can be repeated, give it a patch and a digest (1.26.8-bookworm@sha256:...).
ARG GO=1.26-bookworm
FROM golang:${GO} AS build
ARG VERSION=
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/tmp/go-build GOCACHE=/tmp/go-build CGO_ENABLED=0 go build -trimpath -ldflags="-s -w -X main.release=$VERSION" -o /out/collector ./cmd/collector \
 && mkdir -p /out/tmp && mkdir -p -m 0700 /out/var/lib/collector

FROM scratch
ARG VERSION=
LABEL org.opencontainers.image.title="collector" \
      org.opencontainers.image.description="flight recorder for MySQL and MariaDB, and historian of their incidents" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/collector /usr/local/bin/collector
COPY --from=build --chown=65532:65532 /out/var/lib/collector /var/lib/collector
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
EXPOSE 9950
VOLUME /var/lib/collector
WORKDIR /var/lib/collector
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/usr/local/bin/collector", "healthcheck", "--config", "/etc/collector/collector.yaml"]
ENTRYPOINT ["/usr/local/bin/collector"]
CMD ["serve", "--config", "/etc/collector/collector.yaml"]
