"""The operator's plan: what the feeds would become under edited rules, those on disk or a text that is tried unsaved."""

import threading
from pathlib import Path, PurePosixPath

from starlette.requests import Request

from aggregator.bootstrap import files_in_force, laid_out
from aggregator.web.forms import Receive, form_body, form_fields, refuse_other_sites
from aggregator.web.headers import PRIVATE
from aggregator.web.held import Held, Scope, Send
from aggregator.web.pages import reader_of
from aggregator.web.problems import Problem
from aggregator.web.public import Public
from aggregator.web.rendering import Reader, blake_etag, render
from aggregator.web.service import Service
from aggregator.web.trying import Task, Trial, try_apart

MOST_BYTES = 512 * 1024
"""Of the posted form; a Cyrillic letter takes six bytes in it."""

MOST_SECONDS = 90.0

_HEADERS = (*(field for field in PRIVATE if field[0] != b"cache-control"), (b"cache-control", b"no-store"))


class Plans:
    """Answers /private/<token>/operations/plan. One plan is made at a time, in a process of its own."""

    def __init__(self, service: Service, seconds: float = MOST_SECONDS) -> None:
        self.service = service
        self.seconds = seconds
        self.alone = threading.Lock()

    async def respond(self, token: str, scope: Scope, receive: Receive, send: Send) -> int:
        """Errors: Problem 400 for a topic that has no file, 403, 405, 413, 415."""
        service, request = self.service, Request(scope)
        files, public = await service.read(files_in_force), service.public
        reader = reader_of(request, public, service.now())
        name, text = request.query_params.get("topic"), None
        if scope["method"] == "POST":
            refuse_other_sites(scope)
            form = dict(form_fields(await form_body(scope, receive, MOST_BYTES)))
            name, text = form.get("topic", ""), form.get("text", "").replace("\r\n", "\n")
        elif scope["method"] not in ("GET", "HEAD"):
            raise Problem(405, "only GET, HEAD and POST", allow="GET, HEAD, POST")
        if name is not None and _path(name) not in files:
            raise Problem(400, "there is no file of that topic", parameter="topic")
        tried = await service.work(self._tried, public, reader, files, name, text)
        body = _page(public, reader, token, files, name, text, tried)
        headers = (*_HEADERS, (b"retry-after", b"10")) if tried and tried.busy else _HEADERS
        held = Held(
            blake_etag("text/html; charset=utf-8", body, service.now()), headers,
            status=429 if tried and tried.busy else 200,
        )  # fmt: skip
        return await held.respond(scope, send)

    def _tried(
        self, public: Public, reader: Reader, files: dict[str, str], name: str | None, text: str | None
    ) -> Trial | None:
        """None when a file was only chosen, or there are no files on disk to look at."""
        directory = self.service.directory
        if text is None and (name is not None or directory is None):
            return None
        if not self.alone.acquire(blocking=False):
            return Trial(busy=True)
        try:
            if text is None or name is None:
                assert directory is not None
                return self._try(directory, public, reader)
            with laid_out({**files, _path(name): text}) as tried:
                return self._try(tried, public, reader)
        finally:
            self.alone.release()

    def _try(self, directory: Path, public: Public, reader: Reader) -> Trial:
        database = self.service.opened.url.render_as_string(hide_password=False)
        task = Task(directory, database, public.live.config, reader.speech.language)
        return try_apart(task, self.seconds, self.service.closing.is_set)


def _path(name: str) -> str:
    return f"topics/{name}.toml"


def _page(
    public: Public, reader: Reader, token: str, files: dict[str, str], name: str | None, text: str | None,
    tried: Trial | None,
) -> bytes:  # fmt: skip
    desk = f"/private/{token}/operations"
    paths = (PurePosixPath(path) for path in files)
    names = sorted(path.stem for path in paths if path.parent.as_posix() == "topics")
    shown = text if text is not None or name is None else files[_path(name)]
    return render(
        "plan.html", public, reader, f"{desk}/plan", desk=desk, names=names, chosen=name, text=shown, tried=tried,
        saved=text is None,
    )  # fmt: skip
