# SPDX-License-Identifier: Apache-2.0
"""A certificate for 127.0.0.1 that nobody but the test trusts."""
import subprocess


def make_certificate(folder):
    """(certificate, key), files in PEM; the certificate is its own authority."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-out", cert, "-keyout", key],
                   check=True, capture_output=True)
    return cert, key
