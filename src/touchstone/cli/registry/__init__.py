"""``touchstone registry``: who decided, on what evidence, and what rests on it."""

from __future__ import annotations

import typer

from touchstone.cli.registry import looking, transferring, writing

app = typer.Typer(
    name="registry",
    help="Who decided, on what evidence, and what rests on it: list, show, lineage, exposure, advisories, verify.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

app.command("list")(looking.listing)
app.command()(looking.show)
app.command()(looking.lineage)
app.command()(looking.dependents)
app.command()(looking.exposure)
app.command()(looking.concentration)
app.command()(looking.due)
app.command()(looking.page)
app.command()(looking.diff)
app.command()(writing.advise)
app.command()(writing.answer)
app.command()(writing.product)
app.command()(writing.deploy)
app.command()(writing.retire)
app.command()(writing.link)
app.command()(writing.grant)
app.command()(writing.key)
app.command()(writing.erase)
app.command()(transferring.verify)
app.command()(transferring.checkpoint)
app.command()(transferring.export)
app.command("import")(transferring.import_)
app.command()(transferring.push)
