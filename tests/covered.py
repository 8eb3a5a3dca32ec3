"""Print how much of the code the unit tests run, branches too; fail where it is less than it has to be.

It reads what `coverage run` and `coverage combine` have left.
"""

from __future__ import annotations

import io
import sys

from coverage import Coverage

LEAST = {
    "routing/*": 100,
    "reconciler/passes/carry_out.py": 95,
    "reconciler/passes/deletion_deadline.py": 95,
    "reconciler/passes/locks.py": 95,
    "reconciler/passes/observe.py": 95,
    "reconciler/passes/queue.py": 95,
    "reconciler/passes/reconcile.py": 95,
    "*": 85,
}
"""Per cent by file pattern: all of what decides, nearly all of what carries out, most of the rest."""


def main() -> int:
    """Print a line for each pattern, and where it is too little what is missing; return the exit status."""
    data = Coverage()
    data.load()
    failed = 0
    for pattern, least in LEAST.items():
        text = io.StringIO()
        covered = data.report(include=[pattern], file=text, show_missing=True, skip_covered=True)
        print(f"{pattern:40} {covered:6.1f} %   at least {least} %")
        if covered < least:
            failed = 1
            print(text.getvalue(), file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
