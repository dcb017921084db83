# SPDX-License-Identifier: Apache-2.0
"""The documents themselves: schemas are schemas, their examples fit, AsyncAPI's own parser finds
nothing, and the page of error codes lacks none."""
import json
import re

import jsonschema
import judges
import pytest

ROOT = judges.SCHEMAS.parent
NAMES = sorted(path.name.split(".")[0] for path in judges.SCHEMAS.glob("*.schema.json"))


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_one_and_its_examples_fit(name, node):
    schema = judges.load(name)
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"] == f"urn:reboot-worker:schema:{name}:1"
    questions = [("it", json.dumps(example)) for example in schema["examples"]]
    for field, about in schema["properties"].items():
        assert "description" in about, field
        example = schema["examples"][-1]
        questions += [("it", json.dumps({**example, field: value}))
                      for value in about.get("examples", [])]
    for answers in (judges.ask_jsonschema({"it": schema}, questions),
                    judges.ask_ajv(node, {"it": schema}, questions)):
        assert set(answers) == {"accepts"}


def test_asyncapi_parser_finds_nothing(node):
    assert node("asyncapi.js", judges.SCHEMAS / "asyncapi.yaml") == ""


def test_asyncapi_parser_would_find_a_lost_schema(node, tmp_path):
    (tmp_path / "asyncapi.yaml").write_text((judges.SCHEMAS / "asyncapi.yaml").read_text())
    assert "reboot-request.schema.json" in node("asyncapi.js", tmp_path / "asyncapi.yaml")


def test_asyncapi_examples_fit():
    messages = judges.asyncapi()["components"]["messages"]
    for name in ("bareRequest", "binaryRequest", "structuredRequest"):
        schemas = {"headers": judges.headers_schema(name), "payload": judges.payload_schema(name)}
        assert messages[name]["examples"]
        for example in messages[name]["examples"]:
            questions = [(part, json.dumps(example[part])) for part in schemas if part in example]
            assert set(judges.ask_jsonschema(schemas, questions)) == {"accepts"}


def test_page_of_error_codes_has_those_that_the_sources_name():
    page = (ROOT / "docs" / "errors.md").read_text()
    named = set()
    for path in (ROOT / "worker").glob("*/*.c"):
        named |= set(re.findall(r'"((?:request|instance|network)\.[a-z_]+)"', path.read_text()))
    named -= {"request.max_bytes", "request.max_age"}  # options
    assert {"request.cap", "request.policy", "instance.down", "network.reset"} <= named
    assert not [code for code in sorted(named) if f"`{code}`" not in page]
