"""The NOTICE bundle: what must go with a model that is passed on."""

from __future__ import annotations

from collections.abc import Mapping

from touchstone.supply.documents import Documents
from touchstone.supply.licences.model import Clause
from touchstone.supply.licences.recognition import TEXTS
from touchstone.supply.licences.terms import Terms

ORDER = ("text", "notice", "attribution", "state-changes", "pass-through", "share-alike")


def bundle(terms: Terms, documents: Documents, *, base: str, source: str | None) -> Mapping[str, str]:
    """Files to ship beside adapted weights, by name; empty where nothing is owed.

    Texts of the model itself come first; where it carries none, the known text of its licence stands in, and says so.
    """
    if not terms.decision.obligations:
        return {}
    files = {f"licenses/{name.rpartition('/')[2]}": text for name, text in documents.licences.items()}
    licences = [
        id
        for ruling in terms.decision.rulings
        for id in ruling.licences
        if ruling.component.role in ("base", "ancestor")
    ]
    if not files:
        for id in dict.fromkeys(licences):
            path = TEXTS / f"{id}.txt"
            if path.is_file():
                files[f"licenses/{id}.txt"] = path.read_text(encoding="utf-8")
    return {"NOTICE": _notice(terms, documents, base, source, list(dict.fromkeys(licences))), **files}


def _notice(terms: Terms, documents: Documents, base: str, source: str | None, licences: list[str]) -> str:
    lines = [
        f"This model was adapted from {base}" + (f" ({source})" if source else "") + ".",
        f"The base model comes under: {', '.join(licences) or 'terms that are not known'}.",
        "",
    ]
    if documents.notice:
        lines += ["Notice of the base model:", "", documents.notice.strip(), ""]
    if not documents.licences:
        lines += ["The base model came without its licence text; the known text of its licence is in licenses/.", ""]
    lines += ["What its terms ask for:", ""]
    lines += [_line(clause) for clause in sorted(terms.decision.obligations, key=_place)]
    return "\n".join(lines) + "\n"


def _place(clause: Clause) -> int:
    return ORDER.index(clause.code) if clause.code in ORDER else len(ORDER)


def _line(clause: Clause) -> str:
    return f"- {clause.text} ({clause.where})" + (f"; {clause.meet}" if clause.meet else "")
