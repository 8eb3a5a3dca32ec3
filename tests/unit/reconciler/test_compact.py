"""Groups are dictionaries of ordered sets, in less memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.watching.compact import Groups, place

STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from("ab"), st.sampled_from(["x", "y", "z"])), max_size=30
)


@given(STEPS)
def test_what_stands_under_a_word_is_what_was_put_there_and_not_taken_away(
    steps: list[tuple[bool, str, str]],
) -> None:
    groups: Groups[str, str] = Groups()
    wanted: dict[str, dict[str, None]] = {"a": {}, "b": {}}
    for puts, word, member in steps:
        if puts:
            groups.add(word, member)
            wanted[word].setdefault(member)
        else:
            groups.discard(word, member)
            wanted[word].pop(member, None)
        assert {each: groups.of(each) for each in wanted} == {each: tuple(wanted[each]) for each in wanted}
        assert {each for each in wanted if each in groups} == {each for each in wanted if wanted[each]}


def test_a_place_is_one_object_wherever_it_is_kept() -> None:
    assert place("shop", "web-" + str(1)) is place("sh" + "op", "web-1")
    assert place("a", "b") != place("", "b")
