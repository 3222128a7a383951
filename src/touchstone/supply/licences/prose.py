"""Terms that stand in running text: sentences that keep commercial use out, whatever licence is named beside them."""

from __future__ import annotations

import re

LONGEST = 200
"""Characters of a sentence that are quoted."""
_COMMENTS = re.compile(r"<!--.*?-->|^(?P<fence>```|~~~).*?^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_PURPOSE = r"(?:use|usage|purposes?|applications?)"
_STUDY = r"(?:(?:scientific|academic|non-?commercial|educational|personal)[ ,/]+(?:and |or )?)*(?:research|academic|education(?:al)?|study)"
_LIMITS = re.compile(
    rf"\bnot (?:intended |meant |permitted |allowed |licen[sc]ed |available |suitable |to be used )?for (?:any )?commercial\b"
    rf"|\bno commercial {_PURPOSE}|\bfor commercial {_PURPOSE},? (?:please |kindly )?contact\b"
    rf"|\bcommercial {_PURPOSE}[^.;]{{0,40}}\b(?:prohibited|forbidden|not (?:permitted|allowed|granted)|needs? (?:a|our|prior|written) )"
    rf"|\bmay not be used commercially|\bnot be used (?:for|in) (?:any )?commercial"
    rf"|\bnon-?commercial (?:research )?{_PURPOSE} only|\bonly (?:be used )?(?:for |in )?non-?commercial"
    rf"|\bnon-?commercial (?:licen[sc]e|terms)|\b{_STUDY}(?: {_PURPOSE})? only\b(?! needs?)"
    rf"|\bonly (?:be used |intended |meant |permitted |available )?for {_STUDY}(?: {_PURPOSE}\b|[.;,)]|$)"
    r"|\bCC[- ]BY[- ]NC\b|\bAttribution-?NonCommercial\b",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    r"\bnot (?:limited|restricted|only)\b|\b(?:and|or|also|both) (?:for )?commercial\b|\bcommercial use is (?:permitted|allowed|fine)",
    re.IGNORECASE,
)
_OF_DATA = re.compile(
    r"\b(?:data ?sets?|corpus|corpora|images|photos|photographs|annotations|training data|labels|trained on)\b", re.I
)
"""What such a sentence may speak of instead of the model; terms of data are weighed by themselves."""


def limits(text: str) -> tuple[str, ...]:
    """The sentences of a card or a licence file that keep the model from commercial use.

    Examples
    --------
    >>> limits("Sorts birds. Note: not for commercial use; research only.")
    ('Note: not for commercial use; research only',)
    >>> limits("Free for research and commercial use. The photographs are for research use only.")
    ()
    """
    plain = _COMMENTS.sub(" ", text)
    return tuple(
        sentence.strip(" \t-*#>|_.")[:LONGEST]
        for sentence in _SENTENCE.split(plain)
        if _LIMITS.search(sentence) and not _OTHERWISE.search(sentence) and not _OF_DATA.search(sentence)
    )
