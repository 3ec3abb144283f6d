# syntax=docker/dockerfile:1
# A static binary in an empty image, run by nobody in particular, with nothing
# to write but its data:
#
#   docker build -t ledgersys .
#   docker run --rm --read-only -p 127.0.0.1:8080:8080 -v ledgersys:/data ledgersys
#
# The host forwards from its own address, which is the one proxy to be trusted
# then: LEDGERSYS_TRUSTED_PROXIES names it (172.17.0.1 is Docker's default).
# The offline job runs in it as well:
#
#   docker run --rm --read-only --network none -v "$PWD:/data:ro" ledgersys \
#     tax report --country GB --year all kraken.csv
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY pkg pkg
COPY internal internal
# timetzdata: the image has no time zones of its own.
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags timetzdata -ldflags '-s -w' -o /ledgersys ./cmd/ledgersys && mkdir /empty

FROM scratch
LABEL org.opencontainers.image.title="Ledgersys" \
      org.opencontainers.image.description="Crypto-asset tax reconciliation, exact and explained" \
      org.opencontainers.image.source="https://github.com/ledgersys/ledgersys" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /ledgersys /ledgersys
COPY --from=build --chown=65532:65532 /empty /data
COPY LICENSE /LICENSE
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV LEDGERSYS_DATA_DIR=/data LEDGERSYS_LISTEN=0.0.0.0:8080 LEDGERSYS_BASE_URL=http://localhost:8080 \
    LEDGERSYS_TRUSTED_PROXIES=172.17.0.1 LEDGERSYS_METRICS_LISTEN=off
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s CMD ["/ledgersys", "healthcheck"]
ENTRYPOINT ["/ledgersys"]
CMD ["serve"]
