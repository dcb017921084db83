#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs docker-compose.yml for real (check.py says what must come of it). A Docker daemon that
# answers is used as it is. Without one, root gets a daemon of the test's own, under
# build/containers, that ends with the test; it pulls nothing: stand-ins of the two public images
# are made of Debian's packages and of the Kafka that the other tests run.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
work=$PWD/build/containers
sockets=
daemon=

skip() {
    echo "containers: skipped: $1"
    exit 77
}

stop_daemon() {
    [[ -z $daemon ]] || { kill "$daemon" && wait "$daemon"; } 2>/dev/null || true
    [[ -z $sockets ]] || rm -rf "$sockets"
}

# A daemon that dies with this shell. Sockets have short paths, so they are not under build.
start_daemon() {
    local deadline=$((SECONDS + 60))
    sockets=$(mktemp -d)
    trap stop_daemon EXIT
    setpriv --pdeathsig TERM dockerd --data-root "$work/docker" --exec-root "$sockets/exec" \
        --pidfile "$sockets/pid" --host "unix://$sockets/docker" >"$work/dockerd.log" 2>&1 &
    daemon=$!
    export DOCKER_HOST=unix://$sockets/docker
    until docker info >/dev/null 2>&1; do
        kill -0 "$daemon" 2>/dev/null ||
            skip "dockerd does not run here: $(tail -n 1 "$work/dockerd.log")"
        ((SECONDS < deadline)) || skip "dockerd does not answer: see $work/dockerd.log"
        sleep 0.2
    done
}

# As the public slim image: no documentation, no translations, apt that keeps nothing.
make_debian() {
    local root=$work/debian
    rm -rf "$root"
    debootstrap --variant=minbase bookworm "$root" >"$work/debootstrap.log" 2>&1 ||
        skip "debootstrap: $(tail -n 1 "$work/debootstrap.log")"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* \
        "$root"/usr/share/{doc,info,locale,man}/*
    cat >"$root/etc/apt/apt.conf.d/docker-clean" <<'END'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
END
    tar -C "$root" -c . | docker import - "$1" >/dev/null
    rm -rf "$root"
}

make_kafka() {
    PYTHONPATH=tests /usr/bin/python3 -c \
        "from broker import real_kafka as k; k.fetch(k.ROOT / '.cache' / 'kafka')"
    tar -c -C tests/containers/kafka . -C "$PWD/.cache/kafka/kafka-${1#*:}" lib |
        docker build -t "$1" - \
        >"$work/kafka-image.log" 2>&1 || {
        tail -n 30 "$work/kafka-image.log"
        exit 1
    }
}

command -v docker >/dev/null || skip "docker is not installed"
mkdir -p "$work"
if ! docker info >/dev/null 2>&1; then
    ((EUID == 0)) || skip "no Docker daemon answers, and only root can start one"
    for program in dockerd debootstrap setpriv; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
    start_daemon
    docker image inspect debian:bookworm-slim >/dev/null 2>&1 || make_debian debian:bookworm-slim
    make_kafka "$(sed -n 's/^ *image: \(apache\/kafka:.*\)/\1/p' docker-compose.yml)"
fi
PYTHONPATH=tests /usr/bin/python3 tests/containers/check.py "$work"
