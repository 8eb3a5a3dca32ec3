"""Notices by HTTP, to a real server on loopback: what is sent, how it is signed, what is said when not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from certs.issue import Subject, issue, new_authority
from reconciler.notifying.bodies import Form
from reconciler.notifying.receiver import Place, Receiver, UntakenError, key_of, sign
from tests.unit.kube.api_server import ApiServer, Reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = 1_800_000_000.4
DAY = timedelta(days=1)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with serving() as running:
        yield running


def send(url: str = "", form: Form = Form.CLOUD_EVENTS, **more: Any) -> None:
    Receiver(Place(url, **more), form, lambda: NOW).send("id-1", b"{}")


def untaken(url: str = "", **more: Any) -> UntakenError:
    with pytest.raises(UntakenError) as raised:
        send(url, **more)
    return raised.value


def test_an_event_is_posted_with_its_type_and_unsigned_without_a_key(server: ApiServer) -> None:
    send(f"{server.url}/in?sig=a%2Fb")
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.query, asked.body) == ("POST", "/in", {"sig": "a/b"}, b"{}")
    assert asked.headers["Content-Type"] == "application/cloudevents+json; charset=UTF-8"
    assert asked.headers["User-Agent"] == "teal"
    assert not [name for name in asked.headers if name.lower().startswith("webhook-")]


def test_text_for_slack_is_json(server: ApiServer) -> None:
    send(server.url, Form.SLACK)
    assert server.asked[0].path == "/"
    assert server.asked[0].headers["Content-Type"] == "application/json"


def test_whoever_has_the_key_can_tell_that_it_is_teals_and_of_now(server: ApiServer, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("shh\n")
    send(server.url, key=key)
    (asked,) = server.asked
    told, moment = asked.headers["webhook-signature"], asked.headers["webhook-timestamp"]
    assert (asked.headers["webhook-id"], moment) == ("id-1", "1800000000")
    made = hmac.new(b"shh", b"id-1.1800000000.{}", hashlib.sha256).digest()
    assert told == f"v1,{base64.b64encode(made).decode()}"


def test_it_is_signed_as_standard_webhooks_examples_are() -> None:
    """The example of the specification's libraries."""
    key = key_of(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("told", "wrong"),
    [(b" \n", "the signing key is empty"), (b"whsec_%%", "the signing key is not Base64 after whsec_")],
)
def test_a_key_that_is_none_sends_nothing(server: ApiServer, tmp_path: Path, told: bytes, wrong: str) -> None:
    key = tmp_path / "key"
    key.write_bytes(told)
    error = untaken(server.url, key=key)
    assert str(error) == f"Teal can't send it: {wrong}"
    assert server.asked == []


def test_address_and_key_may_be_renewed(server: ApiServer, tmp_path: Path) -> None:
    key, url = tmp_path / "key", tmp_path / "url"
    receiver = Receiver(Place(url_file=url, key=key), Form.CLOUD_EVENTS, lambda: NOW)
    for word in ("one", "two"):
        key.write_text(word)
        url.write_text(f"{server.url}/{word}\n")
        receiver.send("id-1", b"{}")
    assert [asked.path for asked in server.asked] == ["/one", "/two"]
    assert len({asked.headers["webhook-signature"] for asked in server.asked}) == 2


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("hooks.example/a", "it begins with http:// or https:// and a host"),
        ("https://me:x@hooks.example/a", "credentials are in a Secret, not in it"),
    ],
)
def test_an_address_that_is_none_is_told_without_it(tmp_path: Path, url: str, wrong: str) -> None:
    file = tmp_path / "url"
    file.write_text(url)
    assert str(untaken(url_file=file)) == f"Teal can't send it: the address is none: {wrong}"


def test_a_secret_that_is_not_mounted_is_told(tmp_path: Path) -> None:
    assert str(untaken(url_file=tmp_path / "url")).startswith("Teal can't send it: [Errno 2] No such file")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(302, headers={"Location": "http://elsewhere"}), "it is elsewhere (302): name its own address"),
        (Reply(404), "it answered 404"),
        (Reply(503), "it answered 503"),
    ],
)
def test_what_is_not_taken_is_told(server: ApiServer, reply: Reply, said: str) -> None:
    server.script = [reply]
    assert str(untaken(server.url)) == said
    assert len(server.asked) == 1


def test_one_that_does_not_answer_is_left_after_the_timeout(server: ApiServer) -> None:
    server.script = [Reply(body=[b"{"], hang=True)]
    assert str(untaken(server.url, timeout=0.2)) == "no answer within 0.2 s"


def test_a_path_that_is_a_secret_is_in_no_message(server: ApiServer) -> None:
    address = f"http://127.0.0.1:{server.server_port}/services/T0/B0/secret"
    server.script = [Reply(raw=b"nonsense\r\n\r\n")]
    assert "secret" not in str(untaken(address))
    server.script = [Reply(500)]
    assert "secret" not in str(untaken(address))


def test_only_whom_the_authorities_sign_for_is_told(server: ApiServer, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = new_authority("me", DAY, now)
    pair = issue(authority, Subject("p", ("127.0.0.1",)), DAY, now)
    (tmp_path / "tls.crt").write_bytes(pair.certificate)
    (tmp_path / "tls.key").write_bytes(pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.write_bytes(authority.certificate)
    theirs.write_bytes(new_authority("them", DAY, now).certificate)
    url = f"https://127.0.0.1:{server.server_port}/"
    send(url, authorities=ours)
    assert len(server.asked) == 1
    assert str(untaken(url, authorities=theirs)).startswith("out of reach: ")
    assert len(server.asked) == 1
