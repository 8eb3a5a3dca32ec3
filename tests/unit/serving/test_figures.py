from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from serving.plain import FIGURES_SECONDS, figures

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN = 1000.0


def written() -> Iterator[bytes]:
    yield from (b"one 1\n", b"two 2\n", b"three 3\n")


def test_figures_are_written_anew_once_the_time_that_they_are_kept_is_over_and_no_sooner() -> None:
    now, texts = BEGIN, written()
    page = figures(lambda: next(texts), lambda: now)
    assert page().text == "one 1\n"
    now = BEGIN + FIGURES_SECONDS - 0.001
    assert page().text == "one 1\n"
    now = BEGIN + FIGURES_SECONDS
    assert page().text == "two 2\n"
    now = BEGIN + 2 * FIGURES_SECONDS - 0.001
    assert page().text == "two 2\n"


def test_figures_are_not_written_before_somebody_asks() -> None:
    texts = written()
    figures(lambda: next(texts))
    assert next(texts) == b"one 1\n"


def test_each_page_of_figures_keeps_its_own() -> None:
    texts = written()
    first, second = (figures(lambda: next(texts), lambda: BEGIN) for _ in range(2))
    assert [first().text, second().text, first().text] == ["one 1\n", "two 2\n", "one 1\n"]


def test_figures_that_cannot_be_written_are_tried_again_at_once() -> None:
    def write() -> bytes:
        tried.append(len(tried))
        if len(tried) == 1:
            raise ZeroDivisionError
        return b"one 1\n"

    tried: list[int] = []
    page = figures(write, lambda: BEGIN)
    with pytest.raises(ZeroDivisionError):
        page()
    assert page().text == "one 1\n"
    assert page().content_type == "text/plain; version=0.0.4"
