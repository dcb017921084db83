# SPDX-License-Identifier: Apache-2.0
#
# The three programs on Debian 12: reboot-worker is the entry point, ecm-simulator and dev-broker
# lie beside it. docs/containers.md says how to use it.

FROM debian:bookworm-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        cmake \
        gcc \
        libc6-dev \
        libcurl4-openssl-dev \
        libjansson-dev \
        libmicrohttpd-dev \
        librdkafka-dev \
        libssl-dev \
        libyaml-dev \
        ninja-build \
        pkg-config \
        uuid-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY tests/CMakeLists.txt tests/
COPY tests/broker tests/broker
COPY tests/simulator tests/simulator
COPY worker worker
RUN cmake --preset release \
    && cmake --build --preset release \
    && DESTDIR=/install cmake --install build --prefix /usr/local --strip

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="reboot-worker" \
    org.opencontainers.image.description="Takes reboot requests from Kafka, calls Tencent Cloud ECM RebootInstances" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
# The home is where ~/.tencentcloud/credentials is looked for; whatever is mounted there may be
# written by the programs, and nothing else.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates \
        libcurl4 \
        libjansson4 \
        libmicrohttpd12 \
        librdkafka1 \
        libssl3 \
        libuuid1 \
        libyaml-0-2 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 65532 reboot-worker \
    && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /var/lib/reboot-worker \
        --shell /usr/sbin/nologin reboot-worker \
    && install -d -o reboot-worker -g reboot-worker -m 0750 /var/lib/reboot-worker
COPY --from=build /install/usr/local/bin/ /usr/local/bin/
USER 65532:65532
WORKDIR /var/lib/reboot-worker
EXPOSE 9464
ENTRYPOINT ["reboot-worker"]
CMD ["run"]
