"""What all commands have in common on the command line: where options stand, how a pipe or Ctrl-C ends them.

Options stand behind the command's words. `--config` and `--database` are accepted there by every command that works on
the operator's files or database, used or not, so that a script can hand the same ones to all; `--version` stands alone.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from aggregator.cli import streams
from aggregator.errors import AggregatorError

COMMON = ("--config", "--database")
STANDALONE = frozenset({"demo"})
"""Commands that bring their own configuration and database; `--config` there would promise what is not done."""


def example(*lines: str) -> str:
    """The end of a command's help: how it is typed."""
    return "\b\n" + "\n".join(["Example:", *(f"  aggregator {line}" for line in lines)])


class Command(TyperCommand):
    """A command that takes the common options, also where it has no use for them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {flag for param in self.params for flag in param.opts}
        unused = () if self.name in STANDALONE else tuple(flag for flag in COMMON if flag not in known)
        return super().parse_args(ctx, list(_without(args, unused)))


def _without(args: Sequence[str], flags: Sequence[str]) -> Iterator[str]:
    """The arguments but these options and their values; behind `--` nothing is an option."""
    rest = iter(args)
    for arg in rest:
        if arg == "--":
            yield arg
            yield from rest
        elif arg in flags:
            if next(rest, None) is None:
                raise typer.BadParameter("needs a value", param_hint=arg)
        elif not arg.startswith(tuple(f"{flag}=" for flag in flags)):
            yield arg


class Group(TyperGroup):
    """Words that lead to commands. A group with a command `list` means that one where no other is named."""

    default: str | None = None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {flag for param in self.get_params(ctx) for flag in param.opts}
        if args and args[0].startswith("-") and args[0] not in own:
            self._refuse_early_options(ctx, args)
        if self.default and (not args or (args[0].startswith("-") and args[0] not in own)):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def _refuse_early_options(self, ctx: Any, args: Sequence[str]) -> None:
        """An option before the command would be lost or meant for another one."""
        words = list(self._words(args))
        place = next((number for number in words if args[number] in self.commands), None)
        if place is not None:
            inner = [*args[place:], *args[:place]]
            ctx.fail(f"options stand behind the command: {ctx.command_path} {' '.join(inner)}")
        if self.default is None:
            ctx.fail(f"there is no option {args[0]} here; name a command first, options stand behind it")

    def _words(self, args: Sequence[str]) -> Iterator[int]:
        """Where arguments stand that are neither options nor, as far as our commands tell, values of options."""
        valued = _valued(self.commands)
        for number, arg in enumerate(args):
            if not arg.startswith("-") and (number == 0 or args[number - 1] not in valued):
                yield number


def _valued(commands: Mapping[str, Any]) -> frozenset[str]:
    """Every option, however deep, that takes a value."""
    found = set(COMMON)
    for command in commands.values():
        found |= {f for p in command.params if isinstance(p, TyperOption) and not p.is_flag for f in p.opts}
        found |= _valued(getattr(command, "commands", {}))
    return frozenset(found)


class ListGroup(Group):
    """A group whose bare word lists."""

    default = "list"


class Root(Group):
    """The program's first word; what its commands have printed is through when it ends."""

    def invoke(self, ctx: Any) -> Any:
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            if not streams.reader_left():
                raise
            ctx.exit(0)
        except OSError as error:
            if not streams.is_full(error):
                raise
            raise AggregatorError(f"the disk or output cannot be written: {error.strerror}") from error
        return done


def complete(app: typer.Typer) -> None:
    """Make every command of `app` and of its groups one of ours."""
    for info in app.registered_commands:
        if info.cls is TyperCommand:
            info.cls = Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            complete(group.typer_instance)
