# SPDX-License-Identifier: Apache-2.0
"""A broker that refuses the credentials: exit 4, and the password is not shown."""
import socket
import struct
import threading

import pytest

SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 17, 18, 36
UNSUPPORTED_VERSION, AUTHENTICATION_FAILED = 35, 58


def text(value):
    return struct.pack(">h", len(value)) + value


def answer(key, version):
    if key == API_VERSIONS and version > 0:
        return struct.pack(">hi", UNSUPPORTED_VERSION, 0)
    if key == API_VERSIONS:
        keys = [(3, 0, 4), (SASL_HANDSHAKE, 0, 1), (API_VERSIONS, 0, 0), (SASL_AUTHENTICATE, 0, 0)]
        return struct.pack(">hi", 0, len(keys)) + b"".join(struct.pack(">hhh", *k) for k in keys)
    if key == SASL_HANDSHAKE:
        return struct.pack(">hi", 0, 1) + text(b"PLAIN")
    assert key == SASL_AUTHENTICATE
    return struct.pack(">h", AUTHENTICATION_FAILED) + text(b"Who are you?") + struct.pack(">i", 0)


def read(connection, count):
    found = b""
    while len(found) < count:
        more = connection.recv(count - len(found))
        if not more:
            raise ConnectionError
        found += more
    return found


def serve(connection):
    with connection:
        try:
            while True:
                request = read(connection, *struct.unpack(">i", read(connection, 4)))
                key, version, correlation = struct.unpack(">hhi", request[:8])
                body = struct.pack(">i", correlation) + answer(key, version)
                connection.sendall(struct.pack(">i", len(body)) + body)
        except OSError:
            pass  # the client has gone


@pytest.fixture
def refusing():
    """HOST:PORT of a listener that talks as far as to the refusal."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def accept():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield "127.0.0.1:%d" % listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_refused_credentials_are_exit_4(start, refusing):
    secret = ["-X", "security.protocol=sasl_plaintext", "-X", "sasl.mechanism=PLAIN", "-X",
              "sasl.username=anna", "-X", "sasl.password=hunter2"]
    running = [start(*args, "-X", f"bootstrap.servers={refusing}", *secret)
               for args in (["submit", "ein-1"], ["submit", "--wait", "ein-1"], ["watch"],
                            ["ledger", "-p", "0"])]
    for done in [one.end() for one in running]:
        assert (done.code, done.out) == (4, "")
        assert "Who are you?" in done.err and "hunter2" not in done.err
