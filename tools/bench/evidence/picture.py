"""How rollouts ended as a picture: a panel a kind of candidate, a bar a method and traffic. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.bench.evidence.plays import METHODS, SETTINGS
from tools.bench.evidence.report import ends, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bench.evidence.plays import Setting
    from tools.bench.evidence.report import Played

_LEFT, _TOP, _WIDTH, _HEIGHT, _GAP = 60, 64, 760, 120, 62
_RIGHT, _WRONG, _HELD = "#2f9e94", "#d1495b", "#d8dedd"
_STYLE = "font: 11px sans-serif; fill: #333"


def svg(played: Played) -> str:
    """Return what was played as an SVG image. Promoted is drawn from below, rolled back from above."""
    factors = sorted({setting.errors for setting in SETTINGS})
    height = _TOP + len(factors) * (_HEIGHT + _GAP)
    size = f'width="{_LEFT + _WIDTH + 20}" height="{height}" viewBox="0 0 {_LEFT + _WIDTH + 20} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        '<rect width="100%" height="100%" fill="white"/>',
        *_key(),
    ]
    for index, errors in enumerate(factors):
        settings = [setting for setting in SETTINGS if setting.errors == errors]
        parts += _panel(played, settings, _TOP + index * (_HEIGHT + _GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _key() -> list[str]:
    parts = []
    for index, (colour, words) in enumerate(
        ((_RIGHT, "right end"), (_HELD, "held: not known, a person decides"), (_WRONG, "wrong end"))
    ):
        x = _LEFT + (0, 90, 310)[index]
        parts += [
            f'<rect x="{x}" y="14" width="10" height="10" fill="{colour}"/>',
            _text(x + 15, 23, words),
        ]
    letters = ", ".join(f"{letter} {method}" for letter, method in zip("ABCD", METHODS, strict=True))
    return [*parts, _text(_LEFT + 400, 23, letters)]


def _panel(played: Played, settings: Sequence[Setting], top: float) -> list[str]:
    good = times(settings[0]) == "equal"
    title = "candidate as good as the primary" if good else f"candidate with {times(settings[0])} the errors"
    parts = [_text(_LEFT, top - 8, f"{title}: how rollouts ended, of 100", weight="bold")]
    group = _WIDTH / len(settings)
    bar = group * 0.8 / len(METHODS)
    for place, setting in enumerate(settings):
        x = _LEFT + place * group
        for number, method in enumerate(METHODS):
            promoted, held, back = ends(played[setting, method])
            colours = (_RIGHT, _WRONG) if good else (_WRONG, _RIGHT)
            parts += _bar(
                x + number * bar, top, bar - 3, ((back, colours[1]), (held, _HELD), (promoted, colours[0]))
            )
            parts.append(_text(x + number * bar + bar / 2 - 2, top + _HEIGHT + 13, "ABCD"[number], "middle"))
        parts.append(_text(x + group * 0.4, top + _HEIGHT + 28, f"{setting.rate:,g} requests/s", "middle"))
    return parts


def _bar(x: float, top: float, width: float, shares: Sequence[tuple[float, str]]) -> list[str]:
    parts = []
    for share, colour in shares:
        height = share / 100.0 * _HEIGHT
        if height:
            parts.append(
                f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
            )
        top += height
    return parts


def _text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    style = f"{_STYLE}; font-weight: {weight}"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="{style}">{words}</text>'
