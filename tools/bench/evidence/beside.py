"""`python -m tools.bench.evidence.beside`: Teal beside the docs of Flagger and Argo Rollouts, in two tables.

What bad candidates cost at 300 requests a second is calculated; how often each errs at little traffic is
played, with a seed for each part, so the figures are the same at each run.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from multiprocessing import Pool
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tools.bench.evidence.losses import CASES, by_peer, by_teal
from tools.bench.evidence.peers import PEERS, by_chance
from tools.bench.evidence.plays import End, Setting, limited
from tools.bench.evidence.report import ENDS, figure
from tools.bench.history import replaced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.bench.evidence.losses import Case
    from tools.bench.evidence.peers import Loss

PAGE = Path(__file__).parents[3] / "docs" / "evidence.md"
LIMIT = 98.5
"""What `limited` asks for; the same is asked of the peers here."""
GOOD, WORSE, HALF = 0.005, 0.03, 0.5
SETTINGS = tuple(Setting(rate, errors) for errors in (GOOD, WORSE, HALF) for rate in (0.1, 0.3, 1.0))
METHODS = ("Teal", *(peer.name for peer in PEERS))
PLAYS = 10_000
"""Of each setting and method."""


def main() -> None:
    """Play, print, and renew the page."""
    kinds = list(product(range(len(SETTINGS)), range(len(METHODS)), (PLAYS,)))
    with Pool(2) as pool:
        played = dict(zip(((s, m) for s, m, _ in kinds), pool.starmap(ends, kinds, chunksize=1), strict=True))
    page = PAGE.read_text("utf-8")
    for name, table in (("losses", losses()), ("seldom", seldom(played))):
        print(table, end="\n\n")
        page = replaced(page, name, table)
    PAGE.write_text(page, "utf-8")


def ends(setting: int, method: int, plays: int) -> Counter[End]:
    """Play one method in one setting, both by their places; count how it ended."""
    random = Random(f"{SETTINGS[setting]} {METHODS[method]}")  # noqa: S311 - no secret
    if not method:
        return Counter(limited(SETTINGS[setting], random).end for _ in range(plays))
    peer = PEERS[method - 1]
    return Counter(by_chance(peer, LIMIT, SETTINGS[setting], random).end for _ in range(plays))


def losses() -> str:
    """Return the table of what candidates cost at 300 requests a second."""
    lines = [
        f"| the candidate | limits | {' | '.join(METHODS)} |",
        "|---|---|" + "---|" * len(METHODS),
    ]
    for case in CASES:
        mine = [_cell(case, by_peer(case, peer, docs=False)) for peer in PEERS]
        docs = [_cell(case, by_peer(case, peer, docs=True)) for peer in PEERS]
        teal = _cell(case, by_teal(case))
        if mine == docs:
            lines.append(f"| {case.title} | either | {teal} | {' | '.join(mine)} |")
            continue
        lines.append(f"| {case.title} | Teal's | {teal} | {' | '.join(mine)} |")
        lines.append(f"| | their docs' | | {' | '.join(docs)} |")
    return "\n".join(lines)


def _cell(case: Case, loss: Loss) -> str:
    end = "" if loss.end is End.ROLLED_BACK else f"**{loss.end}** by then, "
    return f"{end}{loss.lost:,.0f} {case.unit}, {_time(loss.seconds)}"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100.0 else f"{seconds / 60.0:.1f} min"  # noqa: PLR2004 - a style


def seldom(played: Mapping[tuple[int, int], Counter[End]]) -> str:
    """Return the table of how rollouts ended at little traffic; counts are by the places of both."""
    lines = [
        f"| errors | requests a second | {' | '.join(METHODS)} |",
        "|---|---|" + "---|" * len(METHODS),
    ]
    for place, setting in enumerate(SETTINGS):
        cells = [_shares(played[place, method]) for method in range(len(METHODS))]
        lines.append(f"| {100 * setting.errors:g} % | {setting.rate:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _shares(ended: Counter[End]) -> str:
    shares: Sequence[float] = [100.0 * ended[end] / ended.total() for end in ENDS]
    return " / ".join(map(figure, shares))


if __name__ == "__main__":
    main()
