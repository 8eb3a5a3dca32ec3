"""`python -m tools.demo`: plays the tutorial under load and says what came of it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tools.demo import grounds
from tools.demo.closing import show_next_steps, show_results
from tools.demo.leftovers import clean, installed, leftovers, removal
from tools.demo.meanwhile import admission_first, show_refusals
from tools.demo.play import VERSIONS, Pace, Play
from tools.demo.screen import Screen, console
from tools.demo.script import INSTALL, scenes
from tools.demo.shell import DemoError
from tools.local.obstacles import obstacles
from tools.local.programs import MissingGoError, are_built
from tools.tutorial import ROLLOUT, steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from tools.demo.grounds import Ground

FAILED, INTERRUPTED = 1, 130
_LOOK_SECONDS = 8.0
_READ_SECONDS = 1.5


def main(words: Sequence[str] | None = None) -> int:
    """Play on this terminal; return 0 when all went as it should, 1 when not, 130 when interrupted."""
    return show(arguments(words), Screen(*console(sys.stdout)))


def show(args: argparse.Namespace, screen: Screen) -> int:
    """Play on a screen; return as `main`."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _ground(args, screen) as ground:
            return _play(_counted(ground, screen), screen, args)
    except DemoError as error:
        screen.bad(str(error))
    except (RuntimeError, OSError, ValueError, subprocess.CalledProcessError) as error:
        screen.bad(f"The cluster can't be used: {error}")
    except KeyboardInterrupt:
        screen.bad("Interrupted.")
        return INTERRUPTED
    return FAILED


def _play(ground: Ground, screen: Screen, args: argparse.Namespace) -> int:
    install = _prepare(ground, screen, args)
    by_steps = steps(ROLLOUT) if ground.judged else ()
    wanted = scenes(steps(), by_steps, pods=ground.pods, cleanup=not args.keep, uninstall=args.uninstall)
    pace = Pace(_READ_SECONDS if screen.live else 0.0, _LOOK_SECONDS)
    play = Play(ground, screen, pace, args.rate)
    troubles, code = [], FAILED
    try:
        with screen.watching(play.board):
            play.play(scene for scene in wanted if install or getattr(scene, "name", "") != INSTALL)
    except DemoError as error:
        troubles.append(str(error))
    except KeyboardInterrupt:
        troubles.append("Interrupted.")
        code = INTERRUPTED
    finally:
        play.close()
    troubles += show_results(play.results, screen, VERSIONS)
    for trouble in troubles:
        screen.bad(trouble)
    if not troubles:
        screen.good("Everything went as it should.")
    show_next_steps(ground, screen, teal=not (troubles or args.uninstall))
    return code if troubles else 0


def _counted(ground: Ground, screen: Screen) -> Ground:
    """Have requests counted, for a rollout by steps; where that can't be, say so and go on without."""
    try:
        if ground.ours and ground.pods:
            return grounds.counted(ground)
        why = "That takes requests, and a Prometheus that the demo may install."
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        why = f"There is no Prometheus to count requests: {error}"
    screen.note(f"No candidate comes by steps here (docs/rollout-tutorial.md). {why}")
    return ground


def _prepare(ground: Ground, screen: Screen, args: argparse.Namespace) -> bool:
    """Make room for the tutorial; tell whether Teal is to be installed. Raises DemoError."""
    if ground.ours:
        clean(ground.shell, screen)
        return True
    found = leftovers(ground.shell)
    if found and not args.clean:
        raise DemoError(
            f"The tutorial's names are taken: {', '.join(found)}. If they may go: --clean, or "
            f"{' && '.join(removal(found))}"
        )
    for command in removal(found):
        ground.shell.ask(command)
    there = installed(ground.shell)
    if there:
        screen.note("Teal is installed here already; it is used as it is.")
    elif not ground.options:
        raise DemoError(
            "Say which image of Teal this cluster can pull: --image REPOSITORY:TAG, or TEAL_IMAGE."
        )
    return not there


def _ground(args: argparse.Namespace, screen: Screen) -> AbstractContextManager[Ground]:
    if args.context:
        return grounds.existing(args.context, args.image, args.client_image)
    found = ["--light was given."] if args.light else obstacles()
    try:
        first = not are_built()
    except MissingGoError as error:
        raise DemoError(f"{error} With a cluster of your own: make demo CONTEXT=<context>.") from error
    if first:
        show_refusals(screen)
    ground = grounds.light() if found else grounds.local()
    if found:
        screen.note(f"Light mode, no nodes and no requests: {' '.join(found)}")
    return admission_first(screen, ground) if first else ground


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description="Play the tutorial under load.")
    parser.add_argument(
        "--context", help="kubeconfig context of a cluster of yours, instead of the local one"
    )
    parser.add_argument(
        "--image", default=os.environ.get("TEAL_IMAGE"), help="with --context: Teal's image, REPOSITORY:TAG"
    )
    parser.add_argument(
        "--client-image", default=grounds.CLIENT_IMAGE, help="with --context: an image with python3 and curl"
    )
    parser.add_argument("--clean", action="store_true", help="with --context: delete what is in the way")
    parser.add_argument("--light", action="store_true", help="real API server only, no nodes, no requests")
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second in total (default: 50)")
    parser.add_argument("--keep", action="store_true", help="leave out the tutorial's cleanup")
    parser.add_argument("--uninstall", action="store_true", help="play the tutorial's last step, too")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
