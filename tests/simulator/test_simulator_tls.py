# SPDX-License-Identifier: Apache-2.0
"""The same API behind TLS: --tls-cert and --tls-key."""
import http.client
import ssl
import urllib.request

import pytest
from certificate import make_certificate
from signer import Client

FIRST = "ein-00000000"


@pytest.fixture
def sim(start, tmp_path):
    cert, key = make_certificate(tmp_path)
    return start(tls_cert=cert, tls_key=key)


def test_signed_calls_are_answered_and_logged(sim, client):
    assert client.reboot([FIRST]).code is None
    assert client.describe(Limit=100).response["TotalCount"] == 20
    assert sim.effects() == {FIRST: 1} and all(call["answered"] for call in sim.log())


def test_who_does_not_know_the_certificate_gets_no_answer(sim):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        opener.open(sim.endpoint, timeout=30)


def test_plain_http_gets_no_answer(sim):
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=30)
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.request("GET", "/_sim/stats")
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize("kind", ["lost-after", "reset-after", "truncated-body", "delay"])
def test_faults_work_as_without(sim, client, kind):
    sim.fault(kind=kind, count=1, delayMs=20)
    if kind == "delay":
        assert client.reboot([FIRST]).code is None
    else:
        with pytest.raises((http.client.HTTPException, ConnectionError, ssl.SSLError)):
            client.reboot([FIRST])
    assert sim.effects() == {FIRST: 1} and sim.calls()[0]["answered"] is (kind == "delay")


def test_long_answers_and_many_connections(start, tmp_path):
    cert, key = make_certificate(tmp_path)
    sim = start(tls_cert=cert, tls_key=key, instances=5000)
    for first in range(0, 2000, 100):
        client = Client(sim)
        assert client.reboot([f"ein-{i:08x}" for i in range(first, first + 100)]).code is None
        client.close()
    assert len(sim.instances()) == 5000 and len(sim.effects()) == 2000
