"""A small identity provider on loopback, which can also lie in every way that matters."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = generate_private_key(SECP256R1())
CLIENT, SECRET = "reading room", "s3cret/+:"


class SmallProvider:
    """What it says of itself, its keys, and the tokens that it hands out; each can be changed by a test."""

    def __init__(self) -> None:
        self.issuer = ""
        self.claims: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.key: Any = RSA_KEY
        self.header: dict[str, Any] = {"kid": "one"}
        self.algorithm = "RS256"
        self.keys = [public("one", RSA_KEY)]
        self.raw_token: str | None = None
        self.answer: tuple[int, bytes] | None = None
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def visit(self, address: str, subject: str) -> tuple[str, str]:
        """Sign in as a browser would; return the state and the code that it brings back."""
        asked = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = {**asked, "sub": subject}
        return asked["state"], code

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Exchange a code, once, for who holds its verifier and the client's secret."""
        began = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        basic = base64.b64encode(b"reading%20room:s3cret%2F%2B%3A").decode()
        if began is None or began["code_challenge"] != challenge.decode() or authorization != f"Basic {basic}":
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": began["sub"], "nonce": began["nonce"], "iat": now,
            "exp": now + 300,
        } | self.claims  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        made = self.raw_token or jwt.encode(claims, self.key, algorithm=self.algorithm, headers=self.header)
        return {"access_token": "x", "token_type": "Bearer", "id_token": made}

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
        } | self.about  # fmt: skip


def public(kid: str | None, key: Any) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    found: dict[str, Any] = json.loads(algorithm.to_jwk(key.public_key()))
    found.pop("key_ops", None)
    return found | ({"kid": kid} if kid else {}) | {"use": "sig"}


@contextmanager
def running() -> Iterator[SmallProvider]:
    """Run one on a free port."""
    small = SmallProvider()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            """Say nothing on the terminal."""

        def do_GET(self) -> None:
            small.asked.append(self.path)
            if self.path == "/keys":
                self._say({"keys": small.keys})
            else:
                self._say(small.configuration())

        def do_POST(self) -> None:
            small.asked.append(self.path)
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            made = small.token({name: one[0] for name, one in parse_qs(text).items()}, self.headers["Authorization"])
            self._say(made or {"error": "invalid_grant"}, 200 if made else 400)

        def _say(self, document: dict[str, Any], status: int = 200) -> None:
            status, body = small.answer or (status, json.dumps(document).encode())
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    small.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield small
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
