"""The benchmark of planted faults: studies of known faults, and how often each check says so.

A family is one short file in ``families/``: for one check, faults of weak, medium and strong strength, a clean twin,
and hard negatives. It gives a ``FAMILY``; nothing else has to be changed to add one. `material.py` makes data to be
audited, `digit_studies.py` whole studies with base models and finished models to be assessed.
"""
