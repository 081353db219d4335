"""The command line: one small module per group of commands; heavy rooms are imported by the command that needs them."""

from typing import Annotated

import typer

from aggregator.cli import articles, check, db, demo, logs, publish, shell, sources, stories, tokens, topics, work

app = typer.Typer(
    name="aggregator",
    cls=shell.Root,
    help="Collect news, group copies and retellings into stories, republish topics as feeds.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=shell.example("demo", "fetch --help"),
)
app.command(epilog=shell.example("demo", "demo --once --json"))(demo.demo)
app.command(
    epilog=shell.example("run", "run --port 8000 --config /etc/news --database sqlite:////var/lib/news/news.db")
)(work.run)
app.command(epilog=shell.example("fetch --budget 4m --json", "fetch --all --source astana-times"))(work.fetch)
app.command(epilog=shell.example("serve --host 0.0.0.0 --port 80"))(work.serve)
app.command(epilog=shell.example("worker --database postgresql://news@db/news"))(work.worker)
app.command(
    short_help="Validate config/, run the topics' own tests.",
    epilog=shell.example("check", "check --schema config/schemas"),
)(check.check)
app.command(epilog=shell.example("publish --to site/"))(publish.publish)
app.add_typer(sources.app, name="sources", cls=shell.Group)
app.add_typer(topics.app, name="topics", cls=shell.Group)
app.add_typer(stories.app, name="stories", cls=shell.Group)
app.add_typer(articles.app, name="articles", cls=shell.ListGroup)
app.add_typer(tokens.app, name="tokens", cls=shell.Group)
app.add_typer(db.app, name="db", cls=shell.Group)
shell.complete(app)


def _version(wanted: bool) -> None:
    from importlib.metadata import version

    if wanted:
        typer.echo(f"aggregator {version('aggregator')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
]


@app.callback()
def _main(*, version: Version = False) -> None:  # noqa: ARG001 - its callback has answered it
    """Collect news, group copies and retellings into stories, republish topics as feeds."""
    logs.configure()
