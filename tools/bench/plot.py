"""Runs as a picture: bars of cold start beside the floor, and of memory, by size. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Figures = Mapping[str, Any]

_WIDTH, _HEIGHT, _LEFT, _TOP = 340, 200, 46, 40
_COLOURS = ("#2f9e94", "#b8c4c2")
_STYLE = "font: 11px sans-serif; fill: #333"


def svg(run: Figures) -> str:
    """Return a run as an SVG image of two panels."""
    sizes = run["sizes"]
    names = [f"{size['applications']:,}" for size in sizes]
    panels = (
        ("cold start, seconds", ("Teal", "floor"), [(s["cold_seconds"], s["floor_seconds"]) for s in sizes]),
        (
            "memory, MiB",
            ("after a cold start", "restarted"),
            [(s["cold_mib"], s["restart_mib"]) for s in sizes],
        ),
    )
    size = f'width="{2 * _WIDTH}" height="{_HEIGHT + 70}" viewBox="0 0 {2 * _WIDTH} {_HEIGHT + 70}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for index, (title, series, rows) in enumerate(panels):
        parts.append(f'<g transform="translate({index * _WIDTH})">')
        parts += _panel(title, series, names, rows)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(
    title: str, series: Sequence[str], names: Sequence[str], rows: Sequence[tuple[float, ...]]
) -> list[str]:
    most = max(max(row) for row in rows) * 1.1
    group = (_WIDTH - _LEFT - 20) / len(rows)
    bar = group * 0.8 / len(series)
    parts = [_text(_LEFT, 18, title, "start", weight="bold")]
    for place, name in enumerate(series):
        key = _LEFT + place * 120
        parts.append(f'<rect x="{key}" y="25" width="9" height="9" fill="{_COLOURS[place]}"/>')
        parts.append(_text(key + 13, 34, name, "start"))
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            height = value / most * _HEIGHT
            x, y = _LEFT + number * group + place * bar, _TOP + _HEIGHT - height
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar - 2:.1f}" height="{height:.1f}" '
                f'fill="{_COLOURS[place]}"/>'
            )
            parts.append(_text(x + bar / 2, y - 3, f"{value:.3g}", "middle"))
        parts.append(
            _text(_LEFT + number * group + group * 0.4, _TOP + _HEIGHT + 16, names[number], "middle")
        )
    parts.append(_text(_LEFT, _TOP + _HEIGHT + 30, "applications", "start"))
    return parts


def _text(x: float, y: float, words: str, anchor: str, weight: str = "normal") -> str:
    style = f"{_STYLE}; font-weight: {weight}"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="{style}">{words}</text>'
