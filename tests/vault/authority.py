"""Authority: a real timestamp authority (``openssl ts``) with certificates of its own, and a server on the loopback."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/chain.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class Authority:
    """Its keys and certificates lie in one folder; ``root`` is what others trust."""

    def __init__(self, folder: Path, *, elliptic: bool = False, ended: bool = False) -> None:
        folder.mkdir(parents=True)
        self.folder, self.root = folder, folder / "root.pem"
        root, middle, signer = (_key(elliptic) for _ in range(3))
        top, upper = _name("root"), _name("middle")
        self._write("root.pem", _certificate(top, root, top, root, ca=True))
        self._write("chain.pem", _certificate(upper, middle, top, root, ca=True))
        self._write("tsa.pem", _certificate(_name("tsa"), signer, upper, middle, ca=False, ended=ended))
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        (folder / "tsa.key").write_bytes(signer.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        (folder / "serial").write_text("01\n")
        (folder / "tsa.conf").write_text(_CONFIG.format(folder=folder))

    def answer(self, request: Path, answer: Path) -> None:
        """Answer a request as an authority does."""
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", self.folder / "tsa.conf", "-section", "here",
             "-queryfile", request, "-out", answer],
            check=True, capture_output=True,
        )  # fmt: skip

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Answer over HTTP on the loopback; lend the address."""
        authority = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query, reply = authority.folder / "query", authority.folder / "reply"
                query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
                authority.answer(query, reply)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(reply.read_bytes())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as the base class names it)
                pass

        server = HTTPServer(("127.0.0.1", 0), Answering)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def _write(self, name: str, certificate: x509.Certificate) -> None:
        (self.folder / name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _key(elliptic: bool) -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65537, 2048)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    name: x509.Name, key: PrivateKey, issuer: x509.Name, by: PrivateKey, *, ca: bool, ended: bool = False
) -> x509.Certificate:
    now = datetime.now(UTC)
    until = now - timedelta(days=1) if ended else now + timedelta(days=30)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=30)).not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )  # fmt: skip
    if not ca:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(by, hashes.SHA256())
