"""The licences of all that is in the image and in the one file, as one archive with a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.release.packing import packed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.release.contents import Component

HEAD = """Teal is under the Apache License 2.0 (LICENSE). What comes with it in the image, some in teal.pyz:

"""


def licences(own: bytes, components: Iterable[Component]) -> bytes:
    """Return the archive: Teal's own licence, a list, and each component's texts in a folder of its name.

    Raises ValueError for a component without any text: it may not be passed on.
    """
    files, lines = {"LICENSE": own}, []
    for component in components:
        if not component.texts:
            raise ValueError(f"{component.name} {component.version} has no licence text")
        lines.append(f"{component.name} {component.version}: {component.licence}\n")
        files |= {f"{component.name}/{name}": text for name, text in component.texts.items()}
    files["LIST"] = (HEAD + "".join(dict.fromkeys(lines))).encode()
    return packed({f"licences/{name}": content for name, content in files.items()})
