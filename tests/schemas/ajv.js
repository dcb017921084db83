// SPDX-License-Identifier: Apache-2.0
//
// Asks ajv. In: {"schemas": {name: schema}, "questions": [[name, text of JSON], ...]}; out: for
// each question "accepts", "unreadable", or why it refuses.
"use strict";
const Ajv = require("ajv").default;
const addFormats = require("ajv-formats").default;

const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false });
addFormats(ajv);
const judges = {};
for (const [name, schema] of Object.entries(asked.schemas)) {
  judges[name] = ajv.compile(schema);
}

function judge([name, text]) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return "unreadable";
  }
  return judges[name](value) ? "accepts" : ajv.errorsText(judges[name].errors);
}

process.stdout.write(JSON.stringify(asked.questions.map(judge)));
