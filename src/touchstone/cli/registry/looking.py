"""Looking into the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchstone.cli.options import AnswerJson, RegistryAt
from touchstone.cli.registry import shown
from touchstone.cli.registry.shown import Entry
from touchstone.cli.status import Exit

if TYPE_CHECKING:
    from touchstone.registry.lineage import Known
    from touchstone.registry.store import Session

_PRODUCTS = ("product", "id", "owner", "criticality", "hops", "state", "runs in")


def _asked(
    registry: str | None, entry: str, question: Callable[[Session, Known], dict[str, Any]]
) -> tuple[Known, dict[str, Any]]:
    """An entry, and what the registry answers about it."""
    from touchstone.pipeline import registered

    with registered.opened(registry) as book:
        known = registered.find(book, entry)
        with book.reading() as session:
            return known, question(session, known)


def listing(
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="model, run, study, dataset, product, approval ...", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="The newest so many.")] = 50,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:  # fmt: skip
    """List what the registry knows, newest first."""
    from touchstone.pipeline import registered

    with registered.opened(registry) as book, book.reading() as session:
        answer = registered.listing(session, kind, limit, book.clock().date())
    if as_json:
        shown.emit(answer)
        return
    rows = [(one["kind"], one["name"], shown.short(one["id"]), one["state"], one["until"]) for one in answer["entries"]]
    shown.table(str(book.store.place), ("kind", "name", "id", "state", "until"), rows)
    shown.line(", ".join(f"{n} {name}" for name, n in answer["counts"].items()) or "nothing is recorded yet")


def show(entry: Entry, registry: RegistryAt = None, as_json: AnswerJson = False) -> None:
    """Show one entry: its facts, its relations, and what happened to it."""
    from touchstone.pipeline import registered

    _, answer = _asked(registry, entry, registered.entry)
    if as_json:
        shown.emit(answer)
        return
    until = f" until {answer['until']}" if answer["until"] else ""
    shown.line(f"{answer['kind']} {answer['name']}: {answer['state']}{until}")
    shown.line(answer["id"])
    shown.table("Facts", ("", ""), [(key, _plain(value)) for key, value in answer["facts"].items()])
    shown.table("Relations", ("", "", "entry", "id", "evidence"), [_relation(one) for one in answer["links"]])
    happened = [
        (one["event"], one["time"], one["who"], one["role"], one["action"], one["reason"]) for one in answer["events"]
    ]
    shown.table("Events", ("event", "time", "who", "role", "did", "because"), happened)
    if "exposed" in answer:
        exposed(answer["exposed"])
        shown.line(f"{len(answer['suspended_approvals'])} approvals are suspended by it")


def _plain(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value)


def _relation(one: Mapping[str, Any]) -> tuple[object, ...]:
    there = one.get("to") or one["from"]
    return ("->" if "to" in one else "<-", one["relation"], one["name"], shown.short(there), one["evidence"])


def lineage(entry: Entry, registry: RegistryAt = None, as_json: AnswerJson = False) -> None:
    """Show what a model, a run or a product was made from."""
    from touchstone.pipeline import registered

    _, answer = _asked(registry, entry, registered.family)
    if as_json:
        shown.emit(answer)
        return
    for model in answer["models"]:
        rows = [(one["steps"], one["name"], shown.short(one["id"]), one["state"]) for one in model["ancestors"]]
        shown.table(
            f"{model['name']} ({shown.short(model['id'])}) was made from", ("steps", "model", "id", "state"), rows
        )
        for one in model["made_from"]:
            shown.line(f"{one['relation']} of {one['name']}: {one['evidence']}, confidence {one['confidence']:g}")


def dependents(entry: Entry, registry: RegistryAt = None, as_json: AnswerJson = False) -> None:
    """Show the models and products that came from a model."""
    from touchstone.pipeline import registered

    known, answer = _asked(registry, entry, registered.dependents)
    if as_json:
        shown.emit(answer)
        return
    rows = [(one["steps"], one["name"], shown.short(one["id"]), one["state"]) for one in answer["models"]]
    shown.table(f"Models made from {known.name}", ("steps", "model", "id", "state"), rows)
    _products(f"Products on {known.name}", answer["products"])


def exposure(entry: Entry, registry: RegistryAt = None, as_json: AnswerJson = False) -> None:
    """Show the products that rest on a model at any depth, with owners and deployments."""
    from touchstone.pipeline import registered

    known, answer = _asked(registry, entry, registered.exposure)
    if as_json:
        shown.emit(answer)
        return
    _products(f"Products on {known.name}", answer["products"])


def _products(title: str, products: list[dict[str, Any]]) -> None:
    rows = [
        (one["name"], shown.short(one["id"]), one["owner"], one["criticality"], one["hops"], one["state"],
         ", ".join(each["name"].rpartition("@")[2] for each in one["deployments"]))
        for one in products
    ]  # fmt: skip
    shown.table(title, _PRODUCTS, rows)


def exposed(products: list[dict[str, Any]]) -> None:
    """Products under an advisory."""
    rows = [
        (one["name"], one["owner"], one["criticality"], one["status"], one["due"] + (" OVERDUE" if one["overdue"] else ""),
         ", ".join(each["name"].rpartition("@")[2] for each in one["deployments"]), ", ".join(one["substitutes"]))
        for one in products
    ]  # fmt: skip
    headings = ("product", "owner", "criticality", "answer", "look by", "runs in", "could change to")
    shown.table("Exposed products", headings, rows)


def concentration(
    weighted: Annotated[bool, typer.Option("--weighted", help="Weigh products by criticality.")] = False,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Show how many products hang on one root, publisher, licence or hub."""
    from touchstone.pipeline import registered

    with registered.opened(registry) as book, book.reading() as session:
        answer = registered.baskets(session, weighted)
    if as_json:
        shown.emit(answer)
        return
    for one in answer["by"]:
        title = f"By {one['by']}: HHI {one['hhi']:,.0f} ({one['band']}), as {one['effective']:.1f} equal ones"
        shown.table(
            title, ("share", one["by"]), [(f"{share:.0%}", name) for name, share in list(one["shares"].items())[:10]]
        )
    rows = [
        (one["model"], one["products"], one["critical"], one["deployments"], one["users"], one["median_hops"],
         ", ".join(one["owners"]), one["last_evaluation"], ", ".join(one["substitutes"]))
        for one in answer["blast_radius"]
    ]  # fmt: skip
    headings = (
        "root",
        "products",
        "critical",
        "deployments",
        "users",
        "median hops",
        "owners",
        "evaluated",
        "could change to",
    )
    shown.table("If a root failed", headings, rows)
    shown.line(f"Bands: {answer['bands']}. A product on two roots counts half for each.")


def due(
    days: Annotated[int, typer.Option("--days", min=0, max=3650, help="How far ahead to look.")] = 30,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Show what must be looked at again, by whom and by when.

    The exit status is 4 where something is overdue, else 0.
    """
    from touchstone.pipeline import registered
    from touchstone.registry.due import due as tasks

    with registered.opened(registry) as book, book.reading() as session:
        today = book.clock().date()
        answer = [one.as_data(today) for one in tasks(session, today, days)]
    if as_json:
        shown.emit({"due": answer})
    else:
        rows = [
            (one["day"] + (" OVERDUE" if one["overdue"] else ""), one["what"], one["entry"], one["owner"], one["do"])
            for one in answer
        ]
        shown.table(f"Due within {days} days", ("by", "what", "for", "owner", "how"), rows)
    raise typer.Exit(Exit.HOLD if any(one["overdue"] for one in answer) else Exit.SHIP)


def diff(
    earlier: Annotated[Path, typer.Argument(metavar="EARLIER", help="The output folder of a run.", show_default=False)],
    later: Annotated[Path, typer.Argument(metavar="LATER", help="And of the one after it.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write Markdown there.", show_default=False)] = None,
    as_json: AnswerJson = False,
) -> None:  # fmt: skip
    """Show what changed between two runs: examples added, removed and relabelled, plan, models, scores, findings."""
    from dataclasses import asdict

    from touchstone.pipeline.changes import as_markdown, changes

    found = changes(earlier, later)
    if as_json:
        shown.emit(asdict(found))
    else:
        shown.text(as_markdown(found), out)


def page(
    product: Annotated[str, typer.Argument(metavar="NAME", help="The product's name.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A .html or .md file; Markdown on the terminal where absent.", show_default=False)
    ] = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:  # fmt: skip
    """Write one page for a product's owner: what it rests on, who approved it and until when, what is due."""
    from touchstone.pipeline import registered
    from touchstone.registry import lineage
    from touchstone.report import product as pages

    with registered.opened(registry) as book, book.reading() as session:
        told = registered.product_page(session, lineage.find(session, product, "product"), book.clock())
    if as_json:
        shown.emit(told)
    else:
        html = out is not None and out.suffix.lower() in (".html", ".htm")
        shown.text(pages.as_html(told) if html else pages.as_markdown(told), out)
