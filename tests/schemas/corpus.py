# SPDX-License-Identifier: Apache-2.0
"""The corpus of requests: requests/CODE/NAME, one record each (record_file.h), where CODE is the
error code that it must be refused with, or `accepted`; and those that are too long for files.

Lines at the top of a record that begin with # say more:

    # expect: {...}                    what else the worker must read from it (read_requests.c)
    # schema accepts: why              the worker refuses it, and a schema cannot say so
    # ajv accepts, # jsonschema refuses, ... : the same of one validator, or the other way round
    # note: for people
"""
import base64
import binascii
import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "requests"
MIB = 1 << 20


def split(record):
    """(notes, headers, value) of a record file."""
    top, _, value = record.partition(b"\n\n")
    if record.startswith(b"\n"):
        top, value = b"", record[1:]
    notes, headers = {}, {}
    for line in top.splitlines():
        name, _, text = line.decode().lstrip("# ").partition(": ")
        (notes if line.startswith(b"#") else headers)[name] = text
    return notes, headers, value


def long_records():
    """{CODE/NAME: record}: limits that take a lot of bytes to reach."""
    def ids(count):
        return json.dumps({"instanceIds": [f"ein-{i:08x}" for i in range(count)]})

    def same(count):
        return json.dumps({"instanceIds": ["ein-1"] * count})

    def padded(size):
        return '{"instanceIds":["ein-1"]}'.ljust(size)

    no_rule = "a schema does not limit what it does not name"
    size = "# schema accepts: a schema does not see bytes\n"
    binary = "ce_specversion: 1.0\nce_id: ce-1\n"
    texts = {
        "accepted/instance-ids-1000": "\n" + ids(1000),
        "accepted/instance-ids-1000-times-the-same":
            '# expect: {"instanceIds": ["ein-1"]}\n\n' + same(1000),
        "accepted/value-of-1-mib": "\n" + padded(MIB),
        "request.field.instanceIds/1001": "\n" + ids(1001),
        "request.field.instanceIds/1001-times-the-same": "\n" + same(1001),
        "request.field.reason/a-million":
            "\n" + json.dumps({"instanceIds": ["ein-1"], "reason": "r" * 1000000}),
        "request.too_large/by-one": size + "\n" + padded(MIB + 1),
        "request.too_large/binary":
            size + '# expect: {"requestId": "ce-1"}\n' + binary + "\n" + padded(2 * MIB),
        "request.too_large/before-encoding": "\n" + "\0" * (MIB + 1),
        "request.invalid_json/arrays-in-arrays":
            f'# ajv accepts: {no_rule}\n\n{{"instanceIds":["a"],"x":{"[" * 100000}{"]" * 100000}}}',
        "request.invalid_json/arrays-without-end": "\n" + "[" * 1000000,
        "request.invalid_json/objects-in-objects":
            f'# ajv accepts: {no_rule}\n\n{{"instanceIds":["a"]' + ',"x":{"y":1' * 50000
            + "}" * 50001,
        "request.invalid_json/a-million-digits":
            f'# ajv accepts: {no_rule}\n\n{{"instanceIds":["a"],"x":{"7" * 1000000}}}',
    }
    return {name: text.encode() for name, text in texts.items()}


def documents(headers, value):
    """What schemas can be asked about a record, by what CloudEvents says of its dress: a list of
    (name of a schema, text), or None when there is nothing to ask about."""
    try:
        text = value.decode()
        content_type = headers.get("content-type", "").lower()
        if not content_type.startswith("application/cloudevents"):
            kind = "binary headers" if "ce_specversion" in headers else "bare headers"
            return [(kind, json.dumps(headers)), ("request", text)]
        if content_type.split(";")[0].strip() != "application/cloudevents+json":
            return None
        event = json.loads(text)
        about = [("structured headers", json.dumps(headers)), ("event", text)]
        if isinstance(event.get("data_base64"), str):
            data = base64.b64decode(event["data_base64"], validate=True).decode()
            about.append(("request", data))
        return about
    except (ValueError, binascii.Error, RecursionError, AttributeError):
        return None
