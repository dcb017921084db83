// SPDX-License-Identifier: Apache-2.0
//
// asyncapi.js FILE: what AsyncAPI's own parser finds wrong with it, a line each.
"use strict";
const { Parser, fromFile } = require("@asyncapi/parser");

fromFile(new Parser(), process.argv[2])
  .parse()
  .then(({ document, diagnostics }) => {
    for (const { code, message, path } of diagnostics) {
      console.log(`${path.join(".")}: ${code}: ${message}`);
    }
    if (document === undefined) {
      console.log("no document");
    }
  });
