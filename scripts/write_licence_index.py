"""Write the index of known licence texts after one of them was added or mended.

python scripts/write_licence_index.py
"""

from __future__ import annotations

import json

from touchstone.supply.licences import recognition


def main() -> None:
    """Digest the normalised words of every text."""
    index = recognition.index_of(recognition.TEXTS)
    recognition.INDEX.write_text(json.dumps(index, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(index)} texts -> {recognition.INDEX.name}")


if __name__ == "__main__":
    main()
