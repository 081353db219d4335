"""The command line: one small module per group of commands; heavy rooms are imported by the command that needs them."""

import typer

from aggregator.cli import articles, check, db, demo, logs, publish, sources, stories, topics, work

app = typer.Typer(
    name="aggregator",
    help="Collect news, group copies and retellings into stories, republish topics as feeds.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(demo.demo)
app.command()(work.run)
app.command()(work.fetch)
app.command()(work.serve)
app.command()(work.worker)
app.command()(check.check)
app.command()(publish.publish)
app.add_typer(sources.app, name="sources")
app.add_typer(topics.app, name="topics")
app.add_typer(stories.app, name="stories")
app.add_typer(articles.app, name="articles")
app.add_typer(db.app, name="db")


@app.callback()
def _main() -> None:
    """Collect news, group copies and retellings into stories, republish topics as feeds."""
    logs.configure()
