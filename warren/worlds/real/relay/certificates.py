"""The certificates of a run, made with the program openssl: a good one for the relay, and two that must be refused.

They are made once a run, in its folder, which goes with the run; each is good for two days.
"""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.errors import SetupError
from warren.worlds.protocol import Certificate

if TYPE_CHECKING:
    from pathlib import Path

    from warren.worlds.real.runs import Run

_SECONDS: Final = 30.0
_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_DAYS: Final = ("-days", "2")
_CA, _OTHER_CA = "ca", "other-ca"
_HERE: Final = "subjectAltName = IP:127.0.0.1, DNS:localhost\n"
_ELSEWHERE: Final = "subjectAltName = DNS:elsewhere.example\n"
_LEAF: Final = (
    "basicConstraints = critical, CA:FALSE\n"
    "keyUsage = critical, digitalSignature\n"
    "extendedKeyUsage = serverAuth\n"
    "subjectKeyIdentifier = hash\n"
    "authorityKeyIdentifier = keyid\n"
)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the certificates of a run are."""

    folder: Path

    @classmethod
    def of(cls, run: Run) -> Certificates:
        """Have them made by the first process of the run that asks. Raises SetupError without openssl."""
        folder = run.folder / "certificates"

        def make() -> str:
            folder.mkdir(mode=0o700)
            for authority in (_CA, _OTHER_CA):
                _make_authority(folder, authority)
            _make_leaf(folder, Certificate.GOOD, _CA, _HERE)
            _make_leaf(folder, Certificate.OF_ANOTHER_CA, _OTHER_CA, _HERE)
            _make_leaf(folder, Certificate.OF_ANOTHER_HOST, _CA, _ELSEWHERE)
            return str(folder)

        run.once("certificates", make)
        return cls(folder)

    @property
    def authority(self) -> Path:
        """The CA whose certificates an instance must trust, in PEM."""
        return self.folder / f"{_CA}.pem"

    def context(self, certificate: Certificate) -> ssl.SSLContext:
        """Give what a server needs that shows a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        stem = self.folder / certificate.value
        context.load_cert_chain(stem.with_suffix(".pem"), stem.with_suffix(".key"))
        return context


def _make_authority(folder: Path, name: str) -> None:
    _openssl(
        folder,
        *("req", "-x509", *_KEY, *_DAYS, "-subj", f"/CN=Warren {name} of this run"),
        *("-addext", "keyUsage = critical, keyCertSign, cRLSign"),
        *("-keyout", f"{name}.key", "-out", f"{name}.pem"),
    )


def _make_leaf(folder: Path, certificate: Certificate, authority: str, names: str) -> None:
    name = certificate.value
    (folder / f"{name}.ext").write_text(_LEAF + names, "utf-8")
    _openssl(
        folder,
        *("req", "-new", *_KEY, "-subj", "/CN=Warren relay"),
        *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
    )
    _openssl(
        folder,
        *("x509", "-req", *_DAYS, "-in", f"{name}.csr", "-out", f"{name}.pem"),
        *("-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial"),
        *("-extfile", f"{name}.ext"),
    )


def _openssl(folder: Path, *words: str) -> None:
    """Run openssl in the folder; what it says is shown where it fails."""
    try:
        subprocess.run(
            ["openssl", *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        raise SetupError(
            f"openssl made no certificate: {said[-1] if said else error}",
            where="--tls",
            what_to_do="install openssl 1.1.1 or later",
        ) from error
