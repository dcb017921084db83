# SPDX-License-Identifier: Apache-2.0
"""The published schemas, and two validators that know nothing of the worker."""
import copy
import json
from pathlib import Path

import jsonschema
import yaml

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def load(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def _embed(node):
    """References between the files, resolved."""
    if isinstance(node, dict):
        if str(node.get("$ref", "")).endswith(".schema.json"):
            return json.loads((SCHEMAS / node["$ref"]).read_text())
        return {key: _embed(value) for key, value in node.items()}
    return [_embed(value) for value in node] if isinstance(node, list) else node


def asyncapi():
    return _embed(yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text()))


def headers_schema(message):
    """What the message's headers must be; references within asyncapi.yaml stay within it."""
    document = asyncapi()
    schemas = document["components"]["schemas"]
    headers = copy.deepcopy(document["components"]["messages"][message]["headers"])
    parts = headers.get("allOf", [headers])
    return {"allOf": [schemas[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
                      for part in parts]}


def payload_schema(message):
    return asyncapi()["components"]["messages"][message]["payload"]["schema"]


def closed(schema):
    """The schema of an outcome, without room for fields that it does not name."""
    schema = copy.deepcopy(schema)
    for part in (schema, *(schema["properties"][name] for name in ("api", "error", "source"))):
        part["additionalProperties"] = False
    return schema


def _read_json(text):
    def no_number(text):
        raise ValueError(f"{text} is not JSON")

    return json.loads(text, parse_constant=no_number)


def ask_jsonschema(schemas, questions):
    """For each (name of a schema, text of JSON): "accepts", "unreadable", or why it refuses."""
    validators = {name: jsonschema.Draft7Validator(schema) for name, schema in schemas.items()}

    def judge(name, text):
        try:
            value = _read_json(text)
        except (ValueError, RecursionError):
            return "unreadable"
        error = jsonschema.exceptions.best_match(validators[name].iter_errors(value))
        return "accepts" if error is None else error.message[:200]

    return [judge(name, text) for name, text in questions]


def ask_ajv(node, schemas, questions):
    """The same of ajv, which checks formats too."""
    return json.loads(node("ajv.js", text=json.dumps({"schemas": schemas, "questions": questions})))
