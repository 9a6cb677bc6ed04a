# A static binary in an image with nothing else: no shell, no package manager,
# not root. /var/lib/collector is the only place that it writes to, so the root
# file system may be read-only.
#
#   docker build -t collector .
#   docker run --read-only -v collector:/var/lib/collector -v ./collector.yaml:/etc/collector/collector.yaml:ro -p 127.0.0.1:9950:9950 collector
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/tmp/go-build GOCACHE=/tmp/go-build CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/collector ./cmd/collector \
 && mkdir -p /out/tmp && mkdir -p -m 0700 /out/var/lib/collector

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/collector /usr/local/bin/collector
COPY --from=build --chown=65532:65532 /out/var/lib/collector /var/lib/collector
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
EXPOSE 9950
VOLUME /var/lib/collector
ENTRYPOINT ["/usr/local/bin/collector"]
CMD ["serve", "--config", "/etc/collector/collector.yaml"]
