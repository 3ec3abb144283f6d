# syntax=docker/dockerfile:1
# A static binary in an empty image. It needs no write access, no network and
# no user of its own:
#
#   docker build -t ledgersys .
#   docker run --rm --read-only --network none -v "$PWD:/data:ro" ledgersys \
#     tax report --country GB --year all kraken.csv
#
# There is no service to start yet, so that without arguments it prints its
# version.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY pkg pkg
COPY internal internal
# timetzdata: the image has no time zones of its own.
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags timetzdata -ldflags '-s -w' -o /ledgersys ./cmd/ledgersys

FROM scratch
LABEL org.opencontainers.image.title="Ledgersys" \
      org.opencontainers.image.description="Crypto-asset tax reconciliation, exact and explained" \
      org.opencontainers.image.source="https://github.com/ledgersys/ledgersys" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /ledgersys /ledgersys
COPY LICENSE /LICENSE
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["/ledgersys"]
CMD ["version"]
