# SPDX-License-Identifier: Apache-2.0
"""Calls through the vendor's Python SDK: one JSON object a line in, one out.

argv: host:port secret_id secret_key. In: {"action", "params", "profile": {...}}. Out: {"result"} as
the SDK parsed it, or {"code", "requestId"} of what it raised.
"""
import json
import sys

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ecm.v20190719 import ecm_client, models


def main():
    endpoint, secret_id, secret_key = sys.argv[1:4]
    for line in sys.stdin:
        order = json.loads(line)
        options = order.get("profile", {})
        profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=endpoint,
                                                        reqMethod=options.get("method", "POST"),
                                                        reqTimeout=20))
        profile.signMethod = options.get("sign", "TC3-HMAC-SHA256")
        profile.unsignedPayload = options.get("unsigned", False)
        client = ecm_client.EcmClient(
            credential.Credential(secret_id, order.get("key", secret_key), order.get("token")), "",
            profile)
        request = getattr(models, order["action"] + "Request")()
        request.from_json_string(json.dumps(order["params"]))
        try:
            answer = getattr(client, order["action"])(request)
            print(json.dumps({"result": json.loads(answer.to_json_string())}), flush=True)
        except TencentCloudSDKException as error:
            print(json.dumps({"code": error.code, "requestId": error.requestId}), flush=True)


main()
