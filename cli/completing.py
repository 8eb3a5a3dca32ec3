"""Completing a line: what `kubectl_complete-teal` answers, and bash's words as they were typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import BashComplete, ShellComplete, add_completion_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import click
    from click.shell_completion import CompletionItem

FILES, NO_FILES = 0, 4
"""cobra's ShellCompDirectives Default and NoFileComp: whether the shell is to offer files."""


class Bash(BashComplete):
    """Completion for bash, which takes `--namespace=shop` for three words (COMP_WORDBREAKS)."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is being completed, and that one."""
        words, begun = super().get_completion_args()
        *before, last = together([*words, begun])
        return before, last


def prepare() -> None:
    """Have click complete bash's lines so."""
    add_completion_class(Bash)


def together(words: Iterable[str]) -> list[str]:
    """Return words of which those around an equals sign are one again."""
    found: list[str] = []
    for word in words:
        if found and (word == "=" or found[-1].endswith("=")):
            found[-1] += word
        else:
            found.append(word)
    return found


def answer(command: click.Command, words: Sequence[str]) -> str:
    """Return what may follow or end the last of a line's words, as cobra's programs print it.

    A candidate a line, what it is behind a tab, the directive last. kubectl starts `kubectl_complete-PLUGIN`
    for it, with the words behind the plugin's name (pluginCompletion in its plugin_completion.go).
    """
    *before, begun = words or [""]
    found = ShellComplete(command, {}, "kubectl teal", "").get_completions(before, begun)
    plain = [_candidate(item) for item in found if item.type == "plain"]
    directive = NO_FILES if len(plain) == len(found) else FILES
    return "".join(f"{line}\n" for line in (*plain, f":{directive}"))


def _candidate(item: CompletionItem[str]) -> str:
    told = " ".join((item.help or "").split())
    return f"{item.value}\t{told}" if told else item.value
