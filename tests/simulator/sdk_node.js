// SPDX-License-Identifier: Apache-2.0
// Calls through the vendor's Node SDK: one JSON object a line in, one out, as sdk_python.py.
// This SDK takes the service from the first label of the endpoint, so the endpoint is a name that
// only this process resolves. It signs the Host without the port that it sends.
const dns = require("dns");
const readline = require("readline");

dns.lookup = (host, options, callback) => {
  const done = callback || options;
  if (options && options.all) return done(null, [{ address: "127.0.0.1", family: 4 }]);
  return done(null, "127.0.0.1", 4);
};

const { CommonClient } = require(process.argv[2] + "/node_modules/tencentcloud-sdk-nodejs-common");
const [port, secretId, secretKey] = process.argv.slice(3);

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    const client = new CommonClient(`ecm.localhost:${port}`, "2019-07-19", {
      credential: { secretId, secretKey: order.key || secretKey },
      region: "",
      profile: {
        signMethod: "TC3-HMAC-SHA256",
        httpProfile: { protocol: "http://", reqMethod: (order.profile || {}).method || "POST" },
      },
    });
    let out;
    try {
      out = { result: await client.request(order.action, order.params) };
    } catch (error) {
      out = { code: error.code, requestId: error.requestId, text: String(error) };
    }
    process.stdout.write(JSON.stringify(out) + "\n");
  }
}

main();
