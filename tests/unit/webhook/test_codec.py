from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from routing.reading.violation import Violation
from routing.rules.review import Review, Verdict
from tests.unit.webhook.reviews import ROUTEMAP, body, review
from webhook.codec import Answer, MalformedError, Request, decode, encode, encode_failure, sentence

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
REQUEST = decode(body(ROUTEMAP))
WEIGHT = Violation("spec.versions[1].weight", "WeightNotInteger", '"banana" is no integer; use 0 to 1000000')
PORT = Violation("spec.port", "PortOutOfRange", "0 is out of range; use 1 to 65535")


def changed(**request: Any) -> bytes:
    return body(ROUTEMAP, **request)


def test_a_creation_is_read_with_who_does_what_to_which_object() -> None:
    assert (
        Request(
            uid=UID,
            kind="Routemap",
            name="httpbin",
            dry_run=False,
            review=Review(
                operation="CREATE",
                manifest=ROUTEMAP,
                old=None,
                options={"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
                namespace="default",
                username="ada",
            ),
        )
        == REQUEST
    )


def test_a_deletion_is_read_with_the_old_object_and_its_options() -> None:
    request = decode(body(None, ROUTEMAP, options={"propagationPolicy": "Foreground"}, dryRun=True))
    assert request.review.manifest is None
    assert request.review.old == ROUTEMAP
    assert request.review.options == {"propagationPolicy": "Foreground"}
    assert request.dry_run


def test_an_update_is_read_with_both_objects() -> None:
    request = decode(body(ROUTEMAP, ROUTEMAP))
    assert (request.review.manifest, request.review.old) == (ROUTEMAP, ROUTEMAP)


ANSWERED = "Teal answers admission.k8s.io/v1 AdmissionReview only"
UID_WANTED = "it has to be a text of 1 to 128 characters, since the answer echoes it"
V1BETA1 = json.dumps({**review(ROUTEMAP), "apiVersion": "admission.k8s.io/v1beta1"}).encode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "the body is no JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[1", "the body is no JSON: Expecting ',' delimiter: line 1 column 3 (char 2)"),
        (b'{"a": NaN}', "the body is no JSON: NaN is no number in JSON"),
        (b"[" * 10_000 + b"]" * 10_000, "the body is nested too deeply to be read"),
        (b"[]", "the body is []; it has to be an object"),
        (b"{}", f"the body is null, null; {ANSWERED}"),
        (V1BETA1, f'the body is "admission.k8s.io/v1beta1", "AdmissionReview"; {ANSWERED}'),
        (
            b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}',
            "request is null; it has to be an object",
        ),
        (changed(uid=""), f'request.uid is ""; {UID_WANTED}'),
        (changed(uid=7), f"request.uid is 7; {UID_WANTED}"),
        (changed(uid="a" * 129), f'request.uid is "{"a" * 58}…; {UID_WANTED}'),
        (b"[" + b"[]," * 250_000 + b"[]]", "the body holds more than 500000 values"),
        (changed(operation="CONNECT"), 'request.operation is "CONNECT"; Teal reviews CREATE, UPDATE, DELETE'),
        (changed(operation=[1]), "request.operation is [1]; Teal reviews CREATE, UPDATE, DELETE"),
        (changed(object=None), "request.object is null; it has to be an object"),
        (changed(operation="UPDATE"), "request.oldObject is null; it has to be an object"),
        (changed(operation="DELETE"), "request.oldObject is null; it has to be an object"),
        (changed(object={"kind": "Routemap"}), "request.object.metadata is null; it has to be an object"),
        (changed(options="all"), 'request.options is "all"; it has to be an object'),
        (changed(userInfo=["ada"]), 'request.userInfo is ["ada"]; it has to be an object'),
    ],
)  # fmt: skip
def test_what_no_api_server_sends_is_malformed_and_the_sentence_says_how(text: bytes, message: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", [b"\xff\xfe\xfd", b'"' + b"\x80" + b'"', b"1" * 5000])
def test_bytes_that_are_no_text_and_numbers_without_end_are_malformed(text: bytes) -> None:
    with pytest.raises(MalformedError, match=r"^the body is no JSON: "):
        decode(text)


def test_an_allowed_answer_echoes_uid_and_version_and_says_no_more() -> None:
    assert encode(REQUEST, Answer(Verdict())) == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": UID, "allowed": True},
    }


def test_a_refusal_is_forbidden_with_the_sentence_and_a_cause_for_each_violation() -> None:
    assert encode(REQUEST, Answer(Verdict((WEIGHT, PORT))))["response"] == {
        "uid": UID,
        "allowed": False,
        "auditAnnotations": {"denied-by": "WeightNotInteger,PortOutOfRange"},
        "status": {
            "status": "Failure",
            "code": 403,
            "reason": "Forbidden",
            "message": "2 mistakes, in spec.versions[1].weight, spec.port\n"
            '- spec.versions[1].weight: "banana" is no integer; use 0 to 1000000\n'
            "- spec.port: 0 is out of range; use 1 to 65535",
            "details": {
                "causes": [
                    {
                        "field": "spec.versions[1].weight",
                        "reason": "WeightNotInteger",
                        "message": '"banana" is no integer; use 0 to 1000000',
                    },
                    {
                        "field": "spec.port",
                        "reason": "PortOutOfRange",
                        "message": "0 is out of range; use 1 to 65535",
                    },
                ]
            },
        },
    }


def test_a_single_mistake_is_told_in_one_line() -> None:
    assert sentence([PORT]) == "spec.port: 0 is out of range; use 1 to 65535"


def test_of_very_many_mistakes_twenty_are_listed_and_the_rest_is_counted() -> None:
    violations = [Violation(f"spec.hosts[{index}]", "BadHost", "is bad") for index in range(22)]
    lines = sentence(violations).splitlines()
    fields = ", ".join(f"spec.hosts[{index}]" for index in range(20))
    assert lines[0] == f"22 mistakes, in {fields} and more"
    assert lines[1:] == [f"- spec.hosts[{index}]: is bad" for index in range(20)] + ["- and 2 more"]
    status = encode(REQUEST, Answer(Verdict(tuple(violations))))["response"]["status"]
    assert len(status["details"]["causes"]) == 20


def test_an_answer_gives_at_most_ten_warnings_of_at_most_120_characters() -> None:
    response = encode(REQUEST, Answer(Verdict(warnings=("w" * 121, *map(str, range(20))))))["response"]
    assert response["allowed"]
    assert response["warnings"] == ["w" * 119 + "…", *map(str, range(9))]


def test_a_patch_comes_in_base64_together_with_its_type() -> None:
    patch = {"op": "add", "path": "/spec/settleSeconds", "value": 1}
    response = encode(REQUEST, Answer(Verdict(), (patch,)))["response"]
    assert response["patchType"] == "JSONPatch"
    assert json.loads(base64.b64decode(response["patch"])) == [patch]


def test_a_refusal_never_holds_a_patch() -> None:
    response = encode(REQUEST, Answer(Verdict((PORT,)), ({"op": "remove", "path": "/spec"},)))["response"]
    assert response.keys() == {"uid", "allowed", "auditAnnotations", "status"}


def test_an_error_of_our_own_refuses_and_says_where_to_look() -> None:
    assert encode_failure(REQUEST)["response"] == {
        "uid": UID,
        "allowed": False,
        "status": {
            "status": "Failure",
            "code": 500,
            "reason": "InternalError",
            "message": "Teal's webhook failed to judge this change, so it is refused; nothing is wrong with "
            f"the object. The webhook's log has the cause under uid {UID}",
        },
    }
