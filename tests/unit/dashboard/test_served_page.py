"""The page over HTTP: who gets an answer, and what a browser is told to let it do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from cli.status.application import Stored
from dashboard.app import FILES, HEADERS, create_app
from dashboard.board import MOST_READERS, Board
from dashboard.details import told
from kube.errors import UnavailableError
from tests.unit.cli.told import NOW, READY, event, routemap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.test import TestResponse

KEY = "a-token-of-the-tests"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
MARKUP = "<script>alert(1)</script>"


def details(namespace: str, name: str) -> Mapping[str, Any] | None:
    if namespace == "away":
        raise UnavailableError("GET /apis: refused")
    found = Stored(routemap(), None, [event("Draining", MARKUP, 4)])
    return told(found, [], NOW) if (namespace, name) == ("default", "httpbin") else None


class Site:
    """A served page; `get` is of a path below the token's folder."""

    def __init__(self, key: str = KEY) -> None:
        self.board = Board(lambda: NOW)
        self.key = key
        health: Mapping[str, Any] = {"verdicts": [], "refusals": None, "unread": ""}
        app = create_app(
            self.board, details, lambda: health, {"cluster": "https://c", "namespace": None}, key
        )
        self.client = Client(app)

    def get(self, path: str, host: str = "127.0.0.1:4711", **headers: str) -> TestResponse:
        folder = f"/{self.key}" if self.key else ""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(f"{folder}/{path}", base_url=f"http://{host}/", headers=named)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_served_as_what_it_is(site: Site, name: str) -> None:
    answer = site.get("" if name == "index.html" else name)
    assert (answer.status_code, answer.content_type) == (200, f"{FILES[name]}; charset=utf-8")
    assert answer.data


@pytest.mark.parametrize("path", ["", "page.js", "api/about", "api/applications/default/none", "nothing"])
def test_each_answer_carries_the_policy(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_the_policy_needs_no_exception_for_the_page_itself(site: Site) -> None:
    page = site.get("").text
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert page.count("<script") == page.count('<script type="module" src="page.js">') == 1
    assert "//" not in page.replace("<!doctype html>", "").replace("</", "")


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_no_script_makes_elements_of_text(site: Site, name: str) -> None:
    script = site.get(name).text
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert way not in script


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong/api/about", "/api/about", "/wrong/page.js", "/é/"])
def test_who_was_not_told_the_address_gets_nothing(site: Site, path: str) -> None:
    answer = site.client.get(path, base_url="http://127.0.0.1:4711/")
    assert (answer.status_code, answer.json) == (
        403,
        {"error": "use the address that `teal dashboard` has printed"},
    )


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4711", "127.0.0.1.evil.example", "10.0.0.1"])
def test_a_name_that_was_led_to_this_machine_gets_nothing(site: Site, host: str) -> None:
    answer = site.get("api/about", host)
    assert (answer.status_code, answer.json) == (
        421,
        {"error": "this page is called by 127.0.0.1, localhost, [::1]"},
    )


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:80", "localhost:4711", "localhost", "[::1]:4711", "[::1]"]
)
def test_this_machine_may_be_called_by_each_of_its_names(site: Site, host: str) -> None:
    assert site.get("api/about", host).json == {"cluster": "https://c", "namespace": None}


@pytest.mark.parametrize("origin", ["cross-site", "same-site", "none"])
def test_another_site_gets_nothing_of_what_the_page_asks_for(site: Site, origin: str) -> None:
    assert site.get("api/about", Sec_Fetch_Site=origin).status_code == 403
    assert site.get("api/about", Sec_Fetch_Site="same-origin").status_code == 200
    assert site.get("", Sec_Fetch_Site=origin).status_code == 200


def test_without_token_the_address_can_be_known() -> None:
    site = Site("")
    assert site.get("api/about").status_code == 200
    assert site.get("api/about", "evil.example").status_code == 421
    assert site.get("nothing").status_code == 404


def test_a_probe_needs_no_token(site: Site) -> None:
    assert site.client.get("/healthz", base_url="http://127.0.0.1/").text == "ok\n"


def test_an_application_is_told_in_full(site: Site) -> None:
    found = site.get("api/applications/default/httpbin").json
    assert found is not None
    assert (found["name"], found["split"], found["state"]) == ("httpbin", READY["split"], "ready")
    assert [each["what"] for each in found["changes"]] == [f"Draining: {MARKUP}"]
    assert found["rollout"] == {}


def test_markup_is_sent_as_data_that_no_browser_takes_for_a_page(site: Site) -> None:
    answer = site.get("api/applications/default/httpbin")
    assert MARKUP in answer.text
    assert answer.content_type == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_not_there_or_can_not_be_told_is_said_so(site: Site) -> None:
    missing = site.get("api/applications/default/none")
    assert (missing.status_code, missing.json) == (
        404,
        {"error": "there is no Routemap none in namespace default"},
    )
    away = site.get("api/applications/away/httpbin")
    assert (away.status_code, away.json) == (502, {"error": "GET /apis: refused"})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(method: str) -> None:
    path = "/api/applications/default/httpbin"
    assert Site("").client.open(path, method=method, base_url="http://127.0.0.1/").status_code == 405


def test_a_stream_tells_everything_and_then_what_changes(site: Site) -> None:
    site.board.put(routemap())
    answer = site.get("api/stream")
    assert answer.content_type == "text/event-stream"
    messages = iter(answer.response)
    first = json.loads(_text(next(messages)))
    assert [row["id"] for row in first["rows"]] == ["default/httpbin"]
    site.board.drop("default/httpbin")
    assert json.loads(_text(next(messages)))["gone"] == ["default/httpbin"]
    answer.close()


def test_a_stream_that_ends_makes_room(site: Site) -> None:
    open_ones = [site.get("api/stream") for _ in range(MOST_READERS)]
    full = site.get("api/stream")
    assert (full.status_code, full.json) == (503, {"error": "32 pages are open already; close one"})
    open_ones[0].close()
    assert site.get("api/stream").status_code == 200


def _text(message: Any) -> str:
    text = message.decode() if isinstance(message, bytes) else str(message)
    assert text.startswith("data: ")
    assert text.endswith("\n\n")
    return text.removeprefix("data: ")
