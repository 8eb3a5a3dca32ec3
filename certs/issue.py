"""Issue of ECDSA keys and X.509 certificates. No clock, no file, no cluster: the time comes in as a value."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from datetime import datetime

# Clocks of pods, nodes and the API server differ: a certificate is valid from a little before its issue.
BACKDATE_DIVISOR = 20
BACKDATE_MOST = timedelta(hours=1)


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        """Keep the private key out of logs and tracebacks."""
        return "KeyPair(<hidden>)"


@dataclass(frozen=True)
class Subject:
    """Whom a certificate names: `names` are the DNS names and IP addresses that it is valid for."""

    common_name: str
    names: tuple[str, ...] = ()
    organization: str = ""


def new_authority(common_name: str, lifetime: timedelta, now: datetime) -> KeyPair:
    """Return a self-signed certificate authority that may sign leaf certificates only.

    Valid from shortly before `now` until `lifetime` after it.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        _dated(lifetime, now)
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _pair(builder.sign(key, hashes.SHA256()), key)


def issue(authority: KeyPair, subject: Subject, lifetime: timedelta, now: datetime) -> KeyPair:
    """Return a leaf for TLS servers and clients, signed by `authority`, with a key of its own.

    How long it may live, so as not to outlive the authority, `lifecycle.leaf_lifetime` tells. Raises
    ValueError if the authority's PEM can't be read or its key is not the certificate's.
    """
    ca, ca_key = load(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _dated(lifetime, now)
        .subject_name(_distinguished_name(subject))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
    )
    if subject.names:
        names = x509.SubjectAlternativeName([_general_name(name) for name in subject.names])
        builder = builder.add_extension(names, critical=False)
    return _pair(builder.sign(ca_key, hashes.SHA256()), key)


def load(pair: KeyPair) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Parse a pair. Raises ValueError if either PEM can't be read or the two do not belong together."""
    certificate = x509.load_pem_x509_certificate(pair.certificate)
    key = serialization.load_pem_private_key(pair.key, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ValueError("the private key is not the certificate's")
    return certificate, key


def _dated(lifetime: timedelta, now: datetime) -> x509.CertificateBuilder:
    """Return the begin of a certificate: its number, and its life, which begins a little early."""
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - min(lifetime / BACKDATE_DIVISOR, BACKDATE_MOST))
        .not_valid_after(now + lifetime)
    )


def _distinguished_name(subject: Subject) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name)]
    if subject.organization:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organization))
    return x509.Name(attributes)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Return what a key is for: signing certificates, or the handshakes of TLS (RFC 5280, 4.2.1.3)."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    return KeyPair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
