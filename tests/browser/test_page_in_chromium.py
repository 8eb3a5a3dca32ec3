"""The page in a real browser: what it shows, live; by mouse, by keys; and what it does not let happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import scenes
from tests.browser.stage import condition, routemap, version
from tools.browser.axe import faults
from tools.browser.chromium import PageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.stage import Stage
    from tools.browser.chromium import Page

    Visit = Callable[..., Page]

ITEMS = "[...document.querySelectorAll('#applications > li')].filter((li) => !li.hidden)"
NAMES = f"{ITEMS}.map((li) => li.querySelector('.name').textContent)"
FOCUS = "document.activeElement.textContent || document.activeElement.id"
PAIR = "['.name', '.state'].map((part) => li.querySelector(part).textContent)"
STATES = f"Object.fromEntries({ITEMS}.map((li) => {PAIR}))"
HASH = "location.hash"
PANEL = "document.getElementById('panel-told').innerText"


def text(page: Page, name: str) -> str:
    """Return what an item of the list says."""
    found: str = page.run(
        f"{ITEMS}.find((li) => li.querySelector('.name').textContent === '{name}').innerText"
    )
    return found


def test_no_application_is_said_to_be_none(visit: Visit) -> None:
    page = visit()
    assert page.run("document.getElementById('none').textContent") == (
        "There is no application yet: a Routemap makes one."
    )


def test_each_application_is_shown_with_its_state_and_its_split(stage: Stage, visit: Visit) -> None:
    scenes.all_kinds(stage)
    page = visit()
    assert page.run(STATES) == {
        "payments": "▲ degraded",
        "api": "● ready",
        "cart": "◐ draining",
        "checkout": "▲ late",
        "httpbin": "● ready",
        "search": "▲ not routable",
        "shop": "● ready",
        "web": "◐ in steps",
    }
    assert "shop-0 20 %" in text(page, "shop")
    assert "shop-1 80 %" in text(page, "shop")
    shares = "[...document.querySelectorAll('#applications li:nth-child(7) .share')]"
    assert page.run(f"{shares}.map((each) => each.style.flexGrow)") == ["20", "80"]
    assert page.complaints == []


def test_a_change_arrives_without_a_reload(stage: Stage, visit: Visit) -> None:
    stage.put(scenes.one_of_many(1, share=50))
    page = visit()
    page.run("window.same = document.querySelector('#applications li')")
    stage.put(scenes.one_of_many(1, share=80))
    page.until(f"{ITEMS}[0].innerText.includes('app-0001-1 80 %')")
    assert page.run(f"{ITEMS}[0] === window.same")
    stage.put(routemap("a-new-one", [version("a-new-one-0", 100)], namespace="team-00"))
    page.until(f"{NAMES}[0] === 'a-new-one'")
    stage.drop("team-01/app-0001")
    page.until(f"{NAMES}.length === 1")


def test_a_change_of_one_touches_no_other(stage: Stage, visit: Visit) -> None:
    scenes.thousand(stage, 200)
    page = visit()
    page.until(f"{ITEMS}.length === 200")
    page.run("""
        window.touched = new Set();
        new MutationObserver((changes) => changes.forEach(({ target }) => {
          const element = target.nodeType === 1 ? target : target.parentElement;
          if (element.closest(".age")) return; // time goes on for all
          touched.add(element.closest("li").querySelector(".name").textContent);
        })).observe(document.getElementById("applications"), {
          subtree: true, childList: true, characterData: true, attributes: true,
        });
    """)
    stage.put(scenes.one_of_many(7, share=90))
    page.until(f"{ITEMS}.some((li) => li.textContent.includes('app-0007-1 90 %'))")
    assert page.run("[...touched]") == ["app-0007"]


def test_a_drain_is_counted_down(stage: Stage, visit: Visit) -> None:
    stage.put(scenes.drain(seconds=40))
    page = visit()
    first = page.until("document.querySelector('.countdown')?.textContent")
    assert first.startswith("cart-1 drains, ")
    page.until(f"document.querySelector('.countdown').textContent !== {first!r}")


def test_a_drain_that_is_over_says_so(stage: Stage, visit: Visit) -> None:
    stage.put(scenes.drain(seconds=2))
    page = visit()
    page.until("document.querySelector('.countdown').textContent === 'cart-1 is let go'")


def test_each_state_has_a_link(stage: Stage, visit: Visit) -> None:
    scenes.all_kinds(stage)
    page = visit("#/?show=bad&find=defa")
    assert page.run(NAMES) == ["checkout", "search"]
    assert page.run("document.getElementById('find').value") == "defa"
    page.run("location.hash = '#/default/shop'")
    page.until(f"{PANEL}.includes('shop-1')")
    assert page.run("document.title") == "default/shop · Teal"
    page.run("history.back()")
    page.until("document.getElementById('panel').hidden")
    assert page.run(NAMES) == ["checkout", "search"]


def test_a_filter_writes_its_link(stage: Stage, visit: Visit) -> None:
    scenes.all_kinds(stage)
    page = visit()
    page.run("document.querySelector('[data-show=moves]').click()")
    assert page.run(NAMES) == ["cart", "web"]
    assert page.run(HASH) == "#/?show=moves"
    assert page.run("document.querySelector('[aria-pressed=true]').textContent") == "On their way 2"


def test_all_is_done_by_keys(stage: Stage, visit: Visit) -> None:
    scenes.all_kinds(stage)
    page = visit()
    page.press("/")
    assert page.run(FOCUS) == "find"
    page.press("ArrowDown")
    page.press("ArrowDown")
    assert page.run(FOCUS) == "api"
    page.press("k")
    assert page.run(FOCUS) == "payments"
    page.press("j")
    page.press("Enter")
    page.until(f"{PANEL}.includes('api-1')")
    assert page.run(FOCUS) == "api"
    assert page.run("document.activeElement.id") == "panel-name"
    page.press("Escape")
    assert page.run("document.getElementById('panel').hidden")
    assert page.run("document.activeElement.className") == "name"
    assert page.run(FOCUS) == "api"


def test_one_application_of_all_is_a_stop_of_the_tab_key(stage: Stage, visit: Visit) -> None:
    scenes.thousand(stage, 50)
    page = visit()
    page.until(f"{ITEMS}.length === 50")
    assert page.run("document.querySelectorAll('#applications [tabindex=\"0\"]').length") == 1


def test_all_is_told_of_an_application(stage: Stage, visit: Visit) -> None:
    scenes.all_kinds(stage)
    page = visit("#/default/shop")
    told = page.until(f"{PANEL}.includes('TIMELINE') && {PANEL}")
    for part in (
        "shop-0 20 %, shop-1 80 %",
        "primary, gets 20 %",
        "candidate, gets 80 %",
        "teal weights shop --reset",
        "applied WeightOverride shop: spec.weights",
        "wrote Routemap shop: spec.strategy, spec.versions",
        "split shop-0 50 %, shop-1 50 %",
        "shop-1 has to be mended",
    ):
        assert part in told
    assert page.run("document.querySelectorAll('.picture rect').length") == 6


def test_steps_and_evidence_are_shown_in_their_own_words(stage: Stage, visit: Visit) -> None:
    scenes.all_kinds(stage)
    page = visit("#/default/web")
    told = page.until(f"{PANEL}.includes('ROLLOUT') && {PANEL}")
    for part in ("Step 2 of 3: 25 %", "step 1 of 3 begins", "alice@example.org", "success\topen\t1200\t1204"):
        assert part in told
    assert "Step ends in" in text(page, "web")


def test_the_details_follow_their_application(stage: Stage, visit: Visit) -> None:
    stage.put(scenes.one_of_many(1, share=50))
    page = visit("#/team-01/app-0001")
    page.until(f"{PANEL}.includes('app-0001-1 50 %')")
    stage.put(scenes.one_of_many(1, share=70))
    page.until(f"{PANEL}.includes('app-0001-1 70 %')")
    stage.drop("team-01/app-0001")
    page.until(f"{PANEL}.includes('there is no Routemap app-0001 in namespace team-01')")


def test_markup_in_names_and_sentences_is_shown_as_text(stage: Stage, visit: Visit) -> None:
    stage.put(scenes.hostile())
    page = visit("#/default/markup")
    page.until(f"{PANEL}.includes('<b>bold</b>')")
    assert "<img src=x onerror=" in text(page, "markup")
    assert page.run("document.querySelectorAll('img[src=x], main b b').length") == 0
    assert page.run("document.title") == "default/markup · Teal"
    assert page.complaints == []


def test_what_is_put_into_the_page_is_not_run(visit: Visit) -> None:
    page = visit()
    with pytest.raises(PageError, match="TrustedHTML"):
        page.run("document.body.innerHTML = '<b>bold</b>'")
    page.run(
        "const link = Object.assign(document.createElement('a'), { id: 'link', href: 'javascript:1' });"
        "document.body.append(link)"
    )
    page.run("document.getElementById('link').click()")
    assert any("Content Security Policy" in each for each in page.complaints)


def test_the_page_asks_nobody_else(stage: Stage, visit: Visit) -> None:
    scenes.all_kinds(stage)
    page = visit("#/default/shop")
    page.until(f"{PANEL}.includes('TIMELINE')")
    asked = page.run("performance.getEntriesByType('resource').map((each) => each.name)")
    assert len(asked) > 5
    assert [each for each in asked if not each.startswith(stage.address)] == []


def test_what_turns_bad_is_read_out(stage: Stage, visit: Visit) -> None:
    stage.put(routemap("payments", [version("payments-0", 100)], namespace="bank"))
    page = visit()
    assert page.run("document.querySelector('[role=status]').textContent") == ""
    stage.put(scenes.degraded())
    page.until("document.querySelector('[role=status]').textContent === 'bank/payments is degraded'")


def test_a_watch_that_is_lost_is_told_of_with_what_to_do(stage: Stage, visit: Visit) -> None:
    stage.put(routemap("httpbin", [version("httpbin-0", 100)]))
    page = visit()
    stage.board.watching("the API server is out of reach: timed out", live=False)
    page.until(
        "document.querySelector('[role=alert]').innerText === 'the API server is out of reach: timed out'"
    )
    assert page.run("document.getElementById('live').textContent") == "▲ not heard of"
    stage.board.watching(live=True)
    page.until("document.querySelector('[role=alert]').hidden")


def test_teal_itself_is_told_of(visit: Visit) -> None:
    page = visit()
    page.until("document.getElementById('health').textContent === 'Teal: well'")
    page.run("document.querySelector('#teal summary').click()")
    told = page.until("document.getElementById('teal-told').innerText")
    for part in ("leader ok: teal-6c9f-x2x4z leads", "3 Routemap: WeightsSumToZero"):
        assert part in told


WINDOWS: dict[str, Any] = {
    "light": {},
    "dark": {"dark": True},
    "narrow": {"width": 390, "height": 844},
}


@pytest.mark.parametrize("state", ["", "#/default/shop", "#/default/web", "#/bank/payments", "#/?find=none"])
@pytest.mark.parametrize("window", WINDOWS)
def test_axe_finds_nothing(stage: Stage, visit: Visit, state: str, window: str) -> None:
    scenes.all_kinds(stage)
    stage.put(
        routemap(
            "held", [version("held-0", 100)], condition("Ready", holds=False, reason="Held", message="so")
        )
    )
    page = visit(state, **WINDOWS[window])
    if state.startswith(("#/b", "#/d")):
        page.until(f"{PANEL}.includes('CONDITIONS')")
    page.run("document.getElementById('teal').open = true")
    assert faults(page) == []


def test_axe_finds_what_is_wrong(visit: Visit) -> None:
    page = visit()
    page.run("document.querySelector('main').append(document.createElement('button'))")
    assert [each.partition(" ")[0] for each in faults(page)] == ["button-name"]
