"""Certificates for a broker of this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.broker


def certificates(directory: Path) -> tuple[Path, Path, Path]:
    """A CA, and a certificate and key for 127.0.0.1 signed by it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    ca, key, cert = (directory / name for name in ("ca.pem", "key.pem", "cert.pem"))
    make = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    own = [*make, "-days", "2", "-keyout", str(directory / "ca.key"), "-out", str(ca), "-subj", "/CN=test CA"]
    own += ["-addext", "keyUsage=critical,keyCertSign"]
    subprocess.run(own, check=True, capture_output=True)
    request = [openssl, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    request += ["-keyout", str(key), "-out", str(directory / "request"), "-subj", "/CN=broker"]
    subprocess.run(request, check=True, capture_output=True)
    # From Python 3.13 on, certificates are held to the letter of RFC 5280.
    (directory / "names").write_text("subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=keyid\n")
    sign = [openssl, "x509", "-req", "-in", str(directory / "request"), "-CA", str(ca), "-days", "2"]
    sign += ["-CAkey", str(directory / "ca.key"), "-CAcreateserial", "-out", str(cert)]
    subprocess.run([*sign, "-extfile", str(directory / "names")], check=True, capture_output=True)
    return ca, cert, key
