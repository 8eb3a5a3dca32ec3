"""A notice as what is sent: a CloudEvent, or a message as Slack's incoming webhooks take it. Pure."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

from routing.kinds import ROUTEMAPS
from routing.reading.times import timestamp
from routing.telling.notices import Kind

if TYPE_CHECKING:
    from routing.telling.notices import Notice

TYPE = "tools.iter8.teal.rollout"
"""What the types of events begin with; a notice's kind follows."""
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""Slack's own signs: without this a text could ring everybody of a channel."""
_SIGNS = {
    Kind.ROLLED_BACK: ":x:",
    Kind.HELD: ":warning:",
    Kind.GATE: ":hand:",
    Kind.SUCCEEDED: ":white_check_mark:",
    Kind.PROMOTED: ":white_check_mark:",
}
_WORDS = {Kind.ROLLED_BACK: "rolled back", Kind.GATE: "waits at its gate"}


class Form(StrEnum):
    """What is sent: CloudEvents 1.0 in structured mode, or text for Slack and whoever takes the same."""

    CLOUD_EVENTS = "cloudevents"
    SLACK = "slack"

    @property
    def content_type(self) -> str:
        """The body's."""
        return (
            "application/cloudevents+json; charset=UTF-8" if self is Form.CLOUD_EVENTS else "application/json"
        )


def body(form: Form, notice: Notice, now: float) -> bytes:
    """Return what is sent of a notice; `now`, seconds since the epoch, is its time where it has none."""
    made = cloud_event(notice, now) if form is Form.CLOUD_EVENTS else slack(notice)
    return json.dumps(made, separators=(",", ":")).encode()


def cloud_event(notice: Notice, now: float) -> dict[str, object]:
    """Return a CloudEvent 1.0: `source` is the Routemap's path at the API server, `subject` the candidate."""
    path = f"/apis/{ROUTEMAPS.api_version}/namespaces/{notice.namespace}/{ROUTEMAPS.plural}/{notice.routemap}"
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": path,
        "type": f"{TYPE}.{notice.kind}",
        "subject": notice.candidate,
        "time": timestamp(now if notice.since is None else notice.since),
        "datacontenttype": "application/json",
        "data": {
            "namespace": notice.namespace,
            "routemap": notice.routemap,
            "routemapUid": notice.uid,
            "candidate": notice.candidate,
            "revision": notice.revision,
            "step": notice.step,
            "share": notice.share,
            "reason": notice.reason,
            "message": notice.message,
            **({"by": notice.by} if notice.by else {}),
        },
    }


def slack(notice: Notice) -> dict[str, object]:
    """Return a message: the application and what has happened in bold, then the sentence of its status."""
    word = _WORDS.get(notice.kind, str(notice.kind))
    by = f" (by {notice.by})" if notice.by else ""
    head = f"{notice.namespace}/{notice.routemap}: {notice.candidate} {word}".translate(_ESCAPED)
    sign = _SIGNS.get(notice.kind, ":arrow_forward:")
    return {"text": f"{sign} *{head}*\n{(notice.message + by).translate(_ESCAPED)}"}
