# SPDX-License-Identifier: Apache-2.0
"""TC3-HMAC-SHA256 in plain Python, from the vendor's page, with every input in the test's hand."""
import hashlib
import hmac
import http.client
import json
import time


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_request(method, query, headers, names, payload_hash):
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in sorted(names))
    return f"{method}\n/\n{query}\n{lines}\n{';'.join(names)}\n{payload_hash}"


def signature(secret_key, timestamp, date, service, canonical):
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"TC3-HMAC-SHA256\n{timestamp}\n{date}/{service}/tc3_request\n{digest}"
    key = _hmac(_hmac(_hmac(b"TC3" + secret_key.encode(), date), service), "tc3_request")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def response(self):
        return json.loads(self.body)["Response"]

    @property
    def code(self):
        return self.response.get("Error", {}).get("Code")

    @property
    def message(self):
        return self.response["Error"]["Message"]


class Client:
    """One signed call at a time; what is not given is as the official SDKs do it."""

    def __init__(self, sim):
        self.sim = sim
        self.connection = (
            http.client.HTTPSConnection("127.0.0.1", sim.port, timeout=30, context=sim.tls)
            if sim.tls else http.client.HTTPConnection("127.0.0.1", sim.port, timeout=30))

    def close(self):
        self.connection.close()

    def call(self, action, body=None, *, method="POST", query="", version="2019-07-19",
             content_type=None, timestamp=None, date=None, service="ecm", names=None, host=None,
             signed_host=None, headers=None, payload=None, secret_id=None, secret_key=None,
             unsigned=False, authorization=None, drop=()):
        raw = b"" if method == "GET" else body if isinstance(body, bytes) else json.dumps(
            {} if body is None else body).encode()
        default_type = ("application/x-www-form-urlencoded" if method == "GET" else
                        "application/json")
        stamp = str(int(time.time()) if timestamp is None else timestamp)
        host = host or f"127.0.0.1:{self.sim.port}"
        sent = {"content-type": content_type or default_type, "host": host, "x-tc-action": action,
                "x-tc-version": version, "x-tc-timestamp": stamp}
        if unsigned:
            sent["x-tc-content-sha256"] = "UNSIGNED-PAYLOAD"
        sent.update(headers or {})
        names = names or ["content-type", "host"]
        signed = {**sent, "host": signed_host or host}
        payload_hash = hashlib.sha256(b"UNSIGNED-PAYLOAD" if unsigned else
                                      raw if payload is None else payload).hexdigest()
        date = date or time.strftime("%Y-%m-%d", time.gmtime(int(stamp)))
        canonical = canonical_request(method, query, signed, names, payload_hash)
        mac = signature(secret_key or self.sim.secret_key, stamp, date, service, canonical)
        sent["authorization"] = authorization or (
            f"TC3-HMAC-SHA256 Credential={secret_id or self.sim.secret_id}/{date}/{service}/"
            f"tc3_request, SignedHeaders={';'.join(names)}, Signature={mac}")
        for name in drop:
            sent.pop(name)
        return self.send(method, "/?" + query if query else "/", sent, raw)

    def send(self, method, path, headers, raw):
        """One exchange; a connection that broke is left to the caller as an exception."""
        try:
            self.connection.putrequest(method, path, skip_host="host" in headers,
                                       skip_accept_encoding=True)
            for name, value in headers.items():
                self.connection.putheader(name, value)
            if raw or method == "POST":
                self.connection.putheader("content-length", str(len(raw)))
            self.connection.endheaders(raw)
            answer = self.connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except Exception:
            self.connection.close()
            raise

    def reboot(self, ids, **fields):
        return self.call("RebootInstances", {"InstanceIdSet": list(ids), **fields})

    def describe(self, **fields):
        return self.call("DescribeInstances", fields)
