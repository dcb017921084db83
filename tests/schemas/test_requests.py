# SPDX-License-Identifier: Apache-2.0
"""Every record of the corpus is judged alike by the worker, by python's jsonschema and by ajv, but
where the record itself says why a schema cannot."""
import json
import re
import subprocess

import judges
import pytest
from corpus import FOLDER, documents, long_records, split

CODES = sorted({folder.name for folder in FOLDER.iterdir()}
               | {name.split("/")[0] for name in long_records()})


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """{CODE/NAME: path}."""
    found = {str(path.relative_to(FOLDER)): path for path in FOLDER.glob("*/*")}
    folder = tmp_path_factory.mktemp("long")
    for name, record in long_records().items():
        assert name not in found
        found[name] = folder / name
        found[name].parent.mkdir(exist_ok=True)
        found[name].write_bytes(record)
    return found


@pytest.fixture(scope="module")
def said(build_dir, records):
    """{CODE/NAME: what the worker reads}."""
    names = sorted(records)
    done = subprocess.run([build_dir / "tests" / "schemas" / "read_requests",
                           *(records[name] for name in names)], stdout=subprocess.PIPE, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(records[name]) for name in names]
    return dict(zip(names, lines))


def of_code(records, code):
    found = sorted(name for name in records if name.split("/")[0] == code)
    assert found
    return found


@pytest.mark.parametrize("code", CODES)
def test_worker_says_what_the_record_expects(records, said, code):
    wrong = {}
    for name in of_code(records, code):
        got = said[name]
        notes, _, _ = split(records[name].read_bytes())
        expected = json.loads(notes.get("expect", "{}"))
        expected["code"] = None if code == "accepted" else code
        wrong[name] = {key: (got[key], value) for key, value in expected.items()
                       if got[key] != value}
        if (got["type"] == "refused") != (code != "accepted") or (got["message"] is None) != (
                code == "accepted"):
            wrong[name]["type"] = got["type"]
    assert not {name: what for name, what in wrong.items() if what}


def schemas():
    found = {"request": judges.load("reboot-request"),
             "event": judges.payload_schema("structuredRequest")}
    for dress in ("bare", "binary", "structured"):
        found[f"{dress} headers"] = judges.headers_schema(f"{dress}Request")
    return found


def verdicts(records, ask):
    """{CODE/NAME: "accepts", or what there is against it}; one objection is enough."""
    questions, owners = [], []
    found = {}
    for name in records:
        _, headers, value = split(records[name].read_bytes())
        about = documents(headers, value)
        found[name] = "accepts" if about else "unreadable"
        questions += about or []
        owners += [name] * len(about or [])
    for name, answer in zip(owners, ask(schemas(), questions)):
        if answer != "accepts":
            found[name] = answer
    return found


@pytest.fixture(scope="module")
def by_jsonschema(records):
    return verdicts(records, judges.ask_jsonschema)


@pytest.fixture(scope="module")
def by_ajv(records, node):
    return verdicts(records, lambda *asked: judges.ask_ajv(node, *asked))


def disagreements(records, found, judge, code):
    """What is not as it must be: agreement, or else the disagreement that the record explains."""
    wrong = {}
    for name in of_code(records, code):
        notes, _, _ = split(records[name].read_bytes())
        accepts = found[name] == "accepts"
        word = "refuses" if code == "accepted" else "accepts"
        must_differ = any(f"{who} {word}" in notes for who in ("schema", judge))
        if (accepts == (code == "accepted")) == must_differ:
            wrong[name] = found[name]
    return wrong


@pytest.mark.parametrize("code", CODES)
def test_jsonschema_agrees(records, by_jsonschema, code):
    assert not disagreements(records, by_jsonschema, "jsonschema", code)


@pytest.mark.parametrize("code", CODES)
def test_ajv_agrees(records, by_ajv, code):
    assert not disagreements(records, by_ajv, "ajv", code)


def test_every_refusal_has_its_cases():
    page = (judges.SCHEMAS.parent / "docs" / "errors.md").read_text()
    intake = page.split("\n## ")[1].split("These are judged later")[0]
    assert set(CODES) - {"accepted"} == set(re.findall(r"^\| `(request\.[^`]+)`", intake, re.M))
