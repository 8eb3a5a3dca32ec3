"""The list and watch loop, against a source that does what API servers do on bad days."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError, GoneError, NotFoundError, UnavailableError
from kube.reflector import Pauses, Reflector
from reconciler.watching.kept import FIRST_PAUSE, Kept
from reconciler.watching.kinds import KINDS, Change
from reconciler.watching.store import Store
from routing.kinds import ROUTEMAPS, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _object(name: str, version: int) -> dict[str, Any]:
    return {"metadata": {"namespace": "default", "name": name, "resourceVersion": str(version)}}


def _event(kind: str, name: str, version: int) -> dict[str, Any]:
    return {"type": kind, "object": _object(name, version)}


class ScriptedSource:
    """Answers each list and watch by the next part of a script; stops the watcher at its end."""

    def __init__(self, script: list[Any], stopped: threading.Event) -> None:
        self.asked: list[str] = []
        self._script = script
        self._stopped = stopped

    def pages(self, resource: Resource, selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        assert (resource.api_version, selector) == (ROUTEMAPS.api_version, "")
        self.asked.append("list")
        page = self._next()
        if page:
            yield page

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[dict[str, Any]]:
        assert (resource.api_version, selector) == (ROUTEMAPS.api_version, "")
        self.asked.append(f"watch {version}")
        for event in self._next():
            if isinstance(event, ClusterError):
                raise event
            yield event

    def _next(self) -> Any:
        if not self._script:
            self._stopped.set()
            return []
        step = self._script.pop(0)
        if isinstance(step, ClusterError):
            raise step
        return step


def _reflector(
    source: ScriptedSource, store: Store, stopped: threading.Event, jitter: Callable[[], float]
) -> Reflector:
    return Reflector(source, Kept(store), stopped, Pauses(FIRST_PAUSE, jitter))


def _run(*script: Any) -> tuple[list[str], set[str]]:
    """Run a watcher through a script; return what it asked for, and the names in its store."""
    stopped = threading.Event()
    source = ScriptedSource(list(script), stopped)
    kept: set[str] = set()

    def changed(change: Change) -> None:
        assert not change.own
        (kept.discard if change.gone else kept.add)(change.name[1])

    store = Store(next(item for item in KINDS if item.resource == ROUTEMAPS), changed)
    _reflector(source, store, stopped, lambda: -1.0).run()  # jitter -1: no pause
    return source.asked, kept


def test_a_watch_begins_where_the_list_ended_and_goes_on_where_it_ended() -> None:
    asked, names = _run(
        ([_object("a", 3)], "5"),
        [_event("ADDED", "b", 6), _event("DELETED", "a", 8)],
        [_event("ADDED", "c", 9)],
    )
    assert asked == ["list", "watch 5", "watch 8", "watch 9"]
    assert names == {"b", "c"}


def test_a_bookmark_is_where_the_next_watch_begins() -> None:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "50"}}}
    asked, _ = _run(([], "5"), [bookmark])
    assert asked == ["list", "watch 5", "watch 50"]


def test_a_version_that_is_gone_is_listed_anew_and_what_went_meanwhile_goes() -> None:
    asked, names = _run(
        ([_object("a", 3), _object("b", 4)], "5"), [GoneError("too old", 410)], ([_object("b", 4)], "90")
    )
    assert asked == ["list", "watch 5", "list", "watch 90"]
    assert names == {"b"}


def test_a_watch_that_breaks_resumes_without_a_new_list() -> None:
    asked, names = _run(([], "5"), [_event("ADDED", "a", 7), UnavailableError("reset")], [])
    assert asked == ["list", "watch 5", "watch 7", "watch 7"]
    assert names == {"a"}


class _Pauses(threading.Event):
    """An event that notes how long it is waited for, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return False


def _pauses(*script: Any) -> list[float]:
    stopped = _Pauses()
    store = Store(next(item for item in KINDS if item.resource == ROUTEMAPS), _ignored)
    _reflector(ScriptedSource(list(script), stopped), store, stopped, lambda: 1.0).run()
    return stopped.seconds


def _ignored(change: Change) -> None:
    assert change.manifest


def test_failures_in_a_row_double_the_pause_and_a_watch_that_ends_by_itself_ends_them() -> None:
    down = UnavailableError("refused")
    assert _pauses(([], "5"), down, down, [], down) == [0.2, 0.4, 0.2]


def test_a_pause_is_as_long_as_the_api_server_asks_for_and_jitter_comes_on_top() -> None:
    assert _pauses(UnavailableError("too many requests", 429, 4.0)) == [8.0]


def test_a_list_that_fails_is_tried_again() -> None:
    asked, names = _run(UnavailableError("refused"), ([_object("a", 1)], "2"))
    assert asked == ["list", "list", "watch 2"]
    assert names == {"a"}


MISSING = NotFoundError("the server could not find the requested resource", 404)


def _optional(*script: Any) -> tuple[Store, list[float], list[str]]:
    """Run the reflector of a kind that may be missing through a script."""
    stopped, store = _Pauses(), Store(next(kind for kind in KINDS if kind.optional), _ignored)
    source = ScriptedSource(list(script), stopped)
    _reflector(source, store, stopped, lambda: 0.0).run()
    return store, stopped.seconds, source.asked


def test_a_kind_that_is_not_installed_keeps_nobody_waiting_and_is_looked_for_again() -> None:
    store, pauses, asked = _optional(MISSING, MISSING)
    assert store.synced.is_set()
    assert (pauses, asked) == ([10.0, 10.0], ["list", "list", "list", "watch 0"])


def test_a_kind_that_is_installed_later_is_watched() -> None:
    store, _, asked = _optional(MISSING, ([_object("a", 3)], "5"), [_event("ADDED", "b", 6)])
    assert store.installed
    assert (len(store), asked) == (2, ["list", "list", "watch 5", "watch 6"])


def test_of_a_kind_that_is_taken_away_nothing_is_left() -> None:
    store, _, _ = _optional(([_object("a", 3)], "5"), MISSING)
    assert len(store) == 0


def test_a_kind_that_kubernetes_always_has_is_waited_for() -> None:
    stopped, store = _Pauses(), Store(next(kind for kind in KINDS if not kind.optional), _ignored)
    _reflector(ScriptedSource([MISSING], stopped), store, stopped, lambda: 0.0).run()
    assert store.installed
    assert stopped.seconds == [0.1]
