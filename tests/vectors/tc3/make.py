#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The TC3 vectors: writes one folder per case, or with --check compares them.

PUBLISHED holds what the vendor's signature pages (v3), the TecoCore signer tests and two
independent computations (python, openssl) say. The texts of the stages are built here with
hashlib alone, and every hash, key and signature that is published must come out of them, so the
folders cannot agree with a wrong signer.
"""
import argparse
import datetime
import hashlib
import hmac
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent

ID_A, KEY_A = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
ID_B, KEY_B = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******", "Gu5t9xGARNpq86cd98joQYCN3*******"
ID_D, KEY_D = "AKID" + 32 * "*", 32 * "*"

JSON = "application/json"
JSON_UTF8 = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"

CVM_BODY = (r'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], '
            r'"Name": "instance-name"}]}')
REBOOT_BODY = '{"InstanceIdSet":["ein-496721al","ein-438242bp"]}'
CVM = dict(method="POST", host="cvm.tencentcloudapi.com", service="cvm", type=JSON_UTF8,
           time=1551113065, body=CVM_BODY)
TECO = dict(method="POST", host="cvm.tencentcloudapi.com", service="cvm", type=JSON,
            time=1000000000, body="{}", id="MY_TC_SECRET_ID", key="MY_TC_SECRET_KEY")
TECO_KEYS = dict(date="f273e09c811bcd71c5e70a361a9a482adb19c17decabf5f9cae51a11e9f9555a",
                 service="da4d227189e7a385ed02ad804f30fd9569598781f20ee7d9b0e267ef524c930e",
                 signing="6f5658a7f6c512ef9aac1ef66a02b1fbdb7695035fdd64172ea8495f5f9a64e0")
ECM = dict(method="POST", host="ecm.tencentcloudapi.com", service="ecm", type=JSON,
           time=1551113065, body=REBOOT_BODY, id=ID_A, key=KEY_A)
ECM_KEYS = dict(date="d1308c81fe71cfd4e06437bbc067b2b8a3d2d8c0e375d547f15c41d5214b395a",
                service="e227072dba06c87c641344e9550490fca392dde5b950bdb9984cc5830032ff8c",
                signing="8b0c2fb1266df0ca033ae0bb58b772b8352dd279cc2dd004ff49d5cac16bdac4")
CVM_HASH_2 = "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
CVM_HASH_3 = "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
CVM_BODY_HASH = "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
KEYS_B = dict(date="f1cb4d518a0eda9d5cbbfdb7850983f1e603eeae484edea76e4dd8d8deb5556e",
              service="e7c609ce81bea53546bed2cc904778bef9ca14082e48e67883443ed64e227cd7",
              signing="8aa8ab5755582f576e94bcfe383b8e29325b0ca90c3590d569221c6a63a091ed")
E1_HASH = "0db3afcffe213652eebd012a45d512a4c08ab4fb1f8c197d5ac6351a331e262e"
E1_BODY_HASH = "1adae7234476f005a75ffc8d0deb68d8d4122ba78f824314ba7ea3fa711952dc"

# name -> (input, published body hash, hash of the canonical request, keys, signature)
PUBLISHED = {
    "cvm-a": (dict(CVM, id=ID_A, key=KEY_A), CVM_BODY_HASH, CVM_HASH_2,
              dict(date="d1308c81fe71cfd4e06437bbc067b2b8a3d2d8c0e375d547f15c41d5214b395a",
                   service="3c7cb7c7795393edc14fd2e0e6434a518564b4504b88e94f5d11bf59ba3e7050",
                   signing="ac658d5dde49e9bfdd14e04e062f66b05d9f637d44b8a8d845327d4a77f666b1"),
              "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"),
    "cvm-b": (dict(CVM, id=ID_B, key=KEY_B), CVM_BODY_HASH, CVM_HASH_2, KEYS_B,
              "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"),
    "cvm-c": (dict(CVM, id=ID_B, key=KEY_B, action="DescribeInstances"), CVM_BODY_HASH,
              CVM_HASH_3, KEYS_B,
              "be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3"),
    "cvm-d": (dict(CVM, id=ID_D, key=KEY_D, action="DescribeInstances"), CVM_BODY_HASH,
              CVM_HASH_3,
              dict(date="da98fb70dcf6b112dc21038d1eeeb3a95c74b4dcb12c1131f864f6066bd02be0",
                   service="8d70cbefb03939f929db64d32dc2ba89b1095620119fe3e050e2b18c5bd2752f",
                   signing="b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af"),
              "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"),
    # The final signature of this revision of the page uses a masked key: hashes only.
    "cvm-unnamed": (dict(CVM, id=ID_A, key=KEY_A, body='{"Limit": 1, "Filters": [{"Values": '
                         '["unnamed"], "Name": "instance-name"}]}'),
                    "99d58dfbc6745f6747f36bfca17dee5e6881dc0428a0a36f96199342bc5b4907",
                    "2815843035062fffda5fd6f2a44ea8a34818b0dc46f024b8b3786976a3adda7a", {}, None),
    "teco-post": (TECO, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                  "b7511c2a57e10458e52fe57af7b28c25796fc538db71eef3b256d94528d8834d", TECO_KEYS,
                  "2c0b761dcdeacac29ac9d135f9f22b0fa52d4536d8b7727a8a515935c47eaea7"),
    "teco-get": (dict(TECO, method="GET", type=FORM, body="",
                      query="InstanceIds.0=ins-000000&InstanceIds.1=ins-000001"),
                 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                 "cbf3fc877b1a1d4888c3fcc5e285ee382a79c3d1d5198c185a17f916b446c244", TECO_KEYS,
                 "a4315b91798a181a6e5fb0353590040a399edad4a003ef5688d71fb34366c471"),
    # Byte 15 of the signature is zero: catches a strlen on a MAC.
    "ecm-01": (ECM, E1_BODY_HASH, E1_HASH, ECM_KEYS,
               "20e22669ce596f848a1bbd2cdf83c200dad19917efdd7843819657b7819d1b65"),
    "ecm-02": (dict(ECM, type=JSON_UTF8, action="RebootInstances"), E1_BODY_HASH,
               "c3d85948db9cd2a622bd0ac945f33b93e4252ea5c709e1596a61df468dfd5e74", ECM_KEYS,
               "b31bc081d5ef2d57385ebe515ac5ed0f55796bb95c85b6e8bbd4141bb839ea0c"),
    "ecm-03": (dict(ECM, host="ecm.intl.tencentcloudapi.com", action="RebootInstances",
                    body='{"InstanceIdSet":["ein-496721al","ein-438242bp"],'
                         '"StopType":"SOFT_FIRST"}'),
               "24113ba0abe3a875f796a45b34fc7eddfc2bd1b573faefc8a37f53624bd887fc",
               "a4701f66e251c7d13f6006233c7ce83e1e7e50b36e7526eabfade94ddd2e766b", ECM_KEYS,
               "e9fbc02f94f7f220bc8b8c700afa6ccc0df931a01b33e35c968d53d80bb3803e"),
    "ecm-04": (dict(ECM, method="GET", type=FORM, body="",
                    query="InstanceIdSet.0=ein-496721al&InstanceIdSet.1=ein-438242bp"),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
               "4d67d80f8364678ee7530afabdbcb98b25fe0cbab306420e6148032bdc54f819", ECM_KEYS,
               "dc192b0f22955dccc513ee909f3d63c37d5915fea741b3401bbf1b4ae8b0211f"),
    "ecm-05": (dict(ECM, unsigned=True),
               "438d4109ef0d676b8c2c7ed13cdfcb418e494d53b843d4634ce3b1085f07bb96",
               "96ea3dc4bdc297b6354f13aa7a9e6b7da724a45328ee99d1ae8a64995f87d2fc", ECM_KEYS,
               "4ed9a6a512641b616a106fce023319138c4836841f364affd39279beb74faa2e"),
    "ecm-06": (dict(ECM, host="127.0.0.1:8080"), E1_BODY_HASH,
               "c102fcba96391449cbac484316fd8193feffa0ce959bb7a88b4d4ac965ff7261", ECM_KEYS,
               "067b9082df7de92edc23c3bc00b96d25f4cf253903a8a054a6c6c4c034192522"),
    "ecm-07": (dict(ECM, body='{"Filters":[{"Name":"instance-id","Values":["ein-496721al",'
                              '"ein-438242bp"]}],"Limit":100}'),
               "2e8880f53fe621e8024271a739990c726fb571bf61eb2824a476b63dc65d8ee4",
               "48dee523a90227781d702592109a9eca979d0396a4b3aad5e6696bcc9897b472", ECM_KEYS,
               "1d2c2196714090e1c66246a1bf3b1ea2a1fab950a0bbb7da7bccb7e5fb48a201"),
    # The last second of a UTC day and the first of the next.
    "ecm-08": (dict(ECM, time=1551139199), E1_BODY_HASH, E1_HASH, ECM_KEYS,
               "6fc72612a8d726186847ca2b09a44db3aab8d61995a07218abbe396b1725fc0b"),
    "ecm-09": (dict(ECM, time=1551139200), E1_BODY_HASH, E1_HASH,
               dict(signing="3ae01d301bca1e9a8e37b09f8f0acd585352f949fe3c6ef73ccc8e4e7be5f1f2"),
               "1454909778ac3ae87aa2402b9970faf2876513468d87d1eceb80acd077b2310d"),
    # A zero byte in the first key, and a signing key that starts with one.
    "ecm-10": (dict(ECM, time=1551285865), E1_BODY_HASH, E1_HASH,
               dict(date="81004213e261b8d20ec26f42fdad02722d662da30284e9ca61960220cc4664ea",
                    signing="70e8a0def26a3dfb3bd61def07a729f683516c96e8b1dfc8882d146f3de137f8"),
               "9ab1dfcf0130436c408100e90c9c436ea2722fcb7ff1b1f0765b0d7c555ca9ff"),
    "ecm-11": (dict(ECM, time=1582130665), E1_BODY_HASH, E1_HASH,
               dict(signing="00935d25233ecfc774d7ffd441a67c1c357608e7ea1575c118ef059c18cdd695"),
               "9f758cc3f27ba2dafa8a376b1d5e7dff23d8cb79687870f9a35daf30891854d7"),
}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def stages(case: str) -> dict[str, str]:
    given, body_hash, canonical_hash, keys, signature = PUBLISHED[case]
    headers = {"content-type": given["type"], "host": given["host"]}
    if "action" in given:
        headers["x-tc-action"] = given["action"].lower()
    payload = "UNSIGNED-PAYLOAD" if given.get("unsigned") else given["body"]
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = "\n".join([given["method"], "/", given.get("query", ""), lines, names,
                           sha(payload)])
    date = datetime.datetime.fromtimestamp(given["time"], datetime.timezone.utc).date().isoformat()
    scope = f"{date}/{given['service']}/tc3_request"
    to_sign = "\n".join(["TC3-HMAC-SHA256", str(given["time"]), scope, sha(canonical)])
    made = {"date": mac(b"TC3" + given["key"].encode(), date)}
    made["service"] = mac(made["date"], given["service"])
    made["signing"] = mac(made["service"], "tc3_request")
    signed = mac(made["signing"], to_sign).hex()

    assert sha(payload) == body_hash, (case, "body")
    assert sha(canonical) == canonical_hash, (case, "canonical request")
    for name, value in keys.items():
        assert made[name].hex() == value, (case, name)
    assert signature in (None, signed), (case, "signature")

    request = {
        "method": given["method"], "query": given.get("query", ""), "service": given["service"],
        "time": given["time"], "secretId": given["id"], "secretKey": given["key"],
        "unsignedPayload": bool(given.get("unsigned")),
        # Out of order and in mixed case on purpose: ordering and lowering is the signer's job.
        "headers": [[n.title(), f" {given['action']} " if n == "x-tc-action" else v]
                    for n, v in sorted(headers.items(), reverse=True)],
        "body": given["body"],
    }
    return {
        "request.json": json.dumps(request, indent=1) + "\n",
        "canonical-request.txt": canonical,
        "string-to-sign.txt": to_sign,
        "keys.txt": "".join(f"{made[n].hex()}\n" for n in ("date", "service", "signing")),
        "signature.txt": signed,
        "authorization.txt": f"TC3-HMAC-SHA256 Credential={given['id']}/{scope}, "
                             f"SignedHeaders={names}, Signature={signed}",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for case in PUBLISHED:
        for name, text in stages(case).items():
            path = HERE / case / name
            if check:
                if not path.exists() or path.read_text() != text:
                    stale.append(str(path))
                continue
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    if check:
        known = set(PUBLISHED)
        stale += [str(p) for p in HERE.iterdir() if p.is_dir() and p.name not in known]
    print(f"{len(PUBLISHED)} cases, {len(stale)} stale", *stale, sep="\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
