"""The command line: what each command is called with, and the only place where an error becomes an exit code.

Only click is imported here; each command imports what it needs when it runs.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from tutor import __version__, ending, usage
from tutor.errors import ExitCode, OutputError, TutorError, UsageError, output_errors
from tutor.language import DOMAIN, LOCALE_DIR, NAMES, SOURCE_LANGUAGE, _, available, sentences, use
from tutor.learner.settings import LANGUAGE, kept_setting

if TYPE_CHECKING:
    from pathlib import Path

    from tutor.environment import Environment

PROGRAM = "flask-http-tutor"
DEBUG_VARIABLE = "FLASK_HTTP_TUTOR_DEBUG"
CHECK_KINDS = ("lint", "exchange", "answer", "wrong-answer", "proof", "request", "exercise", "translation")
"""The values of `tutor.check.report.CheckKind`, which a command line that only gives help need not import."""


def main() -> NoReturn:
    """Run the program and exit."""
    ending.open_missing_streams()
    code = run(sys.argv[1:], os.environ)
    ending.end_undisturbed()
    # Python would look once more through all that is there for garbage, and it is all over.
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Carry out a command line; gives its exit code."""
    try:
        outcome = commands(_spoken(arguments, variables)).main(
            args=list(arguments), prog_name=PROGRAM, standalone_mode=False
        )
        with output_errors():
            sys.stdout.flush()
        return int(outcome or ExitCode.OK)
    except click.exceptions.Exit as wish:
        return wish.exit_code
    except click.ClickException as error:
        _tell(_one_line(error))
        return ExitCode.USAGE
    except OutputError as error:
        ending.mute(sys.stdout)
        _tell(str(error))
        return error.exit_code
    except TutorError as error:
        _tell(str(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except ending.Ended as end:
        if end.exit_code is ExitCode.HUNG_UP:
            ending.mute(sys.stdout)
        return end.exit_code
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has enough; of that alone click makes a SystemExit here.
        ending.mute(sys.stdout)
        return ExitCode.OK
    except Exception as error:
        if isinstance(error, OSError) and _is_of_output(error):
            ending.mute(sys.stdout)
            told = OutputError(error)
            _tell(str(told))
            return told.exit_code
        if variables.get(DEBUG_VARIABLE):
            raise
        _tell(
            _("This should not happen: {kind}: {error}. {variable}=1 shows where.").format(
                kind=type(error).__name__, error=error, variable=DEBUG_VARIABLE
            )
        )
        return ExitCode.BROKEN


def _is_of_output(error: OSError) -> bool:
    """Whether click could not print what it prints of itself, such as a help."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code is click.echo.__code__


def _spoken(arguments: Sequence[str], variables: Mapping[str, str]) -> str:
    """Decide the language, and speak it from now on."""
    language = language_of(arguments, variables)
    if not _can_show(NAMES[language]):
        _tell(f"The output's encoding, {sys.stdout.encoding}, cannot show {language}; English it is.")
        language = SOURCE_LANGUAGE
    use(language)
    _translate_usage(language)
    return language


def language_of(arguments: Sequence[str], variables: Mapping[str, str]) -> str:
    """The language asked for by `--lang`, else the learner's kept choice, else the locale's, else English.

    Decided before any command object exists, because click evaluates help texts when they are made.
    """
    known = available()
    for place, argument in enumerate(arguments):
        asked = None
        if argument == "--lang" and place + 1 < len(arguments):
            asked = arguments[place + 1]
        elif argument.startswith("--lang="):
            asked = argument.partition("=")[2]
        if asked is not None:
            return next((tag for tag in known if tag.casefold() == asked.casefold()), "en")
    if len(known) == 1:
        return known[0]
    kept = kept_setting(variables, LANGUAGE)
    if kept in known:
        return kept
    locale = next((variables[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if variables.get(name)), "")
    # zh_TW and zh_HK too: a reader of the one script reads the other better than English.
    spoken = re.split("[-_.@]", locale)[0].casefold()
    return next((item for item in known if spoken == item.split("-")[0]), "en")


def _translate_usage(language: str) -> None:
    """Have click find its own messages, such as `Usage:`, in our catalogue: it asks gettext for them."""
    if language != SOURCE_LANGUAGE:
        import gettext

        os.environ["LANGUAGE"] = language.replace("-", "_")
        gettext.bindtextdomain(DOMAIN, LOCALE_DIR)
        gettext.textdomain(DOMAIN)


def _can_show(words: str) -> bool:
    """Whether stdout can encode a language's own name."""
    try:
        words.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def commands(language: str) -> click.Group:
    """All commands, with their help in the language in use."""
    shared = _global_options()

    class Commands(usage.Group):
        """A first word that is no command is a lesson."""

        def resolve_command(
            self, ctx: click.Context, args: list[str]
        ) -> tuple[str | None, click.Command | None, list[str]]:
            if args and args[0] not in self.commands:
                return "play", play, args
            return super().resolve_command(ctx, args)

    @click.group(
        cls=Commands,
        shared=shared,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        options_metavar="[OPTIONS]",
        subcommand_metavar="[LESSON | COMMAND]",
        help=_(
            "Learn what goes over the wire between a browser and a Flask app.\n\n"
            "Without an argument, go on where you stopped. With a number such as 2.3 or 2.3.4, "
            "or a lesson's id, start or resume there."
        ),
    )
    @click.version_option(
        __version__, prog_name=PROGRAM, message="%(prog)s %(version)s", help=_("Show the version.")
    )
    def group(**options: Any) -> int | None:
        ctx = click.get_current_context()
        ctx.obj = options
        if ctx.invoked_subcommand is None:
            return _start(language, {})
        return None

    @click.command(
        "play", cls=usage.Command, shared=shared, hidden=True, help=_("Start or resume a lesson or a step.")
    )
    @usage.argument("lesson")
    def play(lesson: str, **options: Any) -> int:
        if lesson.isalpha():
            _suggest_command(lesson, list(group.commands))
        return _start(language, options, lesson)

    @group.command(
        "list", shared=shared, help=_("Show the lessons, or a lesson's steps, and how far you are.")
    )
    @usage.argument("lesson", required=False, default="")
    @usage.option("--json", "as_json", is_flag=True, help=_("For programs: JSON on stdout."))
    def list_(lesson: str, as_json: bool, **options: Any) -> int:
        with _uncollected():
            from tutor.learner.listing import list_lessons

            return list_lessons(_environment(language, options), lesson, as_json=as_json)

    @group.command(
        "notes",
        shared=shared,
        help=_("Show your notebook: what you saw, answered and learnt, each exchange fired anew."),
    )
    @usage.argument("lesson", required=False, default="")
    @usage.option(
        "--html",
        default=None,
        type=click.Path(),
        metavar="FILE",
        help=_("Write it as a page to keep or print."),
    )
    def notes(lesson: str, html: str | None, **options: Any) -> int:
        from tutor.notes.command import write_notes

        return write_notes(_environment(language, options), lesson, _path(html))

    @group.command("reset", shared=shared, help=_("Forget the progress of a lesson, or of all of them."))
    @usage.argument("lesson", required=False, default="")
    @usage.option("--yes", is_flag=True, help=_("Do not ask."))
    def reset(lesson: str, yes: bool, **options: Any) -> int:
        from tutor.learner.reset import reset_progress

        return reset_progress(_environment(language, options), lesson, sure=yes)

    @group.command(
        "check",
        shared=shared,
        help=_(
            "Prove the course without a terminal: every exchange, answer and proof.\n\n"
            "TARGET is a lesson (2.3), a step (2.3.4), or a lesson pack's folder; none means all lessons."
        ),
    )
    @usage.argument("target", nargs=-1)
    @usage.option(
        "--format",
        "format_",
        type=click.Choice(["text", "json", "junit", "github"]),
        default="text",
        help=_("The format of the report on stdout."),
    )
    @usage.option(
        "--output",
        multiple=True,
        metavar="[FORMAT=]FILE",
        help=_(
            "Write the report to a file as well; may be given several times. "
            "Without a format, .json, .xml and .txt say it."
        ),
    )
    @usage.option(
        "--kind",
        "kinds",
        multiple=True,
        type=click.Choice(CHECK_KINDS),
        help=_("Report checks of this kind alone; may be given several times."),
    )
    @usage.option(
        "--id",
        "patterns",
        multiple=True,
        metavar="PATTERN",
        help=_("Report checks whose id matches, such as '2.3/*/proof'; may be given several times."),
    )
    @usage.option("--fail-fast", is_flag=True, help=_("End at the first step with a failure."))
    @usage.option(
        "--jobs",
        type=usage.WholeNumber(1, 32),
        # A check mostly waits, so that two gain even on one processor.
        default=2,
        metavar="N",
        help=_("How many sandboxes work at the same time, 2 by default; the report is the same."),
    )
    @usage.option("--strict", is_flag=True, help=_("What is skipped or warns counts as failed."))
    @usage.option(
        "--exercises",
        type=usage.Folder(exists=True),
        metavar="DIR",
        help=_("Grade your exercise files in this folder instead."),
    )
    def check(
        target: tuple[str, ...],
        format_: str,
        output: tuple[str, ...],
        kinds: tuple[str, ...],
        patterns: tuple[str, ...],
        fail_fast: bool,
        jobs: int,
        strict: bool,
        exercises: str | None,
        **options: Any,
    ) -> int:
        from tutor.check.command import Wishes, check_course

        folder = _path(exercises)
        wishes = Wishes(format_, output, kinds, patterns, jobs, fail_fast, strict, folder)
        return check_course(_environment(language, options), target, wishes)

    @group.command(
        "send",
        shared=shared,
        help=_(
            "Send one request to a sandbox and print the exchange raw.\n\n"
            "ITEMS are name=value (JSON), name:=JSON, name==value (query), Name:value (a field), "
            "name@file (a form with a file)."
        ),
    )
    @usage.argument("words", nargs=-1, metavar="METHOD PATH [ITEMS]...")
    @usage.option("--form", is_flag=True, help=_("name=value is a form's field, not JSON."))
    @usage.option("--raw", default="", metavar="FILE", help=_("Send these bytes as they are; - is stdin."))
    @usage.option("--follow", is_flag=True, help=_("Follow redirects."))
    @usage.option("--trace", is_flag=True, help=_("Show all that Flask did."))
    @usage.option(
        "--lesson", default="", metavar="2.3", help=_("Whose sandbox; else the first with the path.")
    )
    @usage.option("--app", default="", metavar="NAME", help=_("A configuration of the sandbox."))
    @usage.option("--at", default="", metavar="URL", help=_("Send to a running serve, on this machine."))
    @usage.option(
        "--format",
        "format_",
        type=click.Choice(["text", "raw", "json", "har", "curl"]),
        default="text",
        help=_("How to print it; raw is the bytes alone."),
    )
    def send(
        words: tuple[str, ...],
        form: bool,
        raw: str,
        follow: bool,
        trace: bool,
        lesson: str,
        app: str,
        at: str,
        format_: str,
        **options: Any,
    ) -> int:
        from tutor.send.command import Wishes
        from tutor.send.command import send as send_request

        wishes = Wishes(form, raw, follow, trace, lesson, app, at, format_)
        return send_request(_environment(language, options), words, wishes)

    @group.command(
        "new", shared=shared, help=_("Write a lesson pack to start from; it teaches how lessons are written.")
    )
    @usage.argument("folder", metavar="DIR")
    def new(folder: str, **options: Any) -> int:
        import pathlib

        from tutor.new_pack.command import new_pack

        return new_pack(_environment(language, options), pathlib.Path(folder))

    @group.command(
        "serve", shared=shared, help=_("Run a sandbox in the foreground and print each arrival raw.")
    )
    @usage.option(
        "--port",
        type=usage.WholeNumber(0, 65535),
        metavar="N",
        default=0,
        help=_("The port; 0, the default, takes a free one."),
    )
    @usage.option("--lesson", default="2.1", metavar="2.3", help=_("Whose sandbox; 2.1 by default."))
    @usage.option("--app", default="", metavar="NAME", help=_("A configuration of the sandbox."))
    def serve(port: int, lesson: str, app: str, **options: Any) -> int:
        from tutor.serve.command import serve as serve_section

        serve_section(_environment(language, options), lesson, port=port, configuration=app)

    _add_translate(group, language, shared)
    return group


def _start(language: str, options: Mapping[str, Any], lesson: str = "") -> int:
    # The first prompt lets garbage be collected again.
    with _uncollected():
        from tutor.play.start import start

        return start(_environment(language, options), lesson)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage: what is imported and parsed stays, and is looked through again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _add_translate(group: click.Group, language: str, shared: list[click.Parameter]) -> None:
    @group.group(
        "translate", cls=usage.Group, shared=shared, help=_("For authors: begin a translation, or accept it.")
    )
    def translate(**options: Any) -> None:
        root = click.get_current_context().find_root()
        root.obj = {name: options.get(name) or value for name, value in root.obj.items()}

    language_option = usage.option(
        "--to",
        type=click.Choice([tag for tag in NAMES if tag != SOURCE_LANGUAGE]),
        default="zh-CN",
        help=_("The language of the translation."),
    )

    @translate.command(
        "begin",
        shared=shared,
        help=_(
            "Write a lesson's translated file, with English words to write over, "
            "or add the steps that it lacks."
        ),
    )
    @usage.argument("lesson")
    @language_option
    def begin(lesson: str, to: str, **options: Any) -> int:
        from tutor.translate.command import begin as begin_translation

        return begin_translation(_environment(language, options), lesson, to)

    @translate.command(
        "accept",
        shared=shared,
        help=_(
            "Note that a translation says what the English says today.\n\n"
            "ID is a step (2.3/forge-session, 2.3.4) or a whole lesson (2.3)."
        ),
    )
    @usage.argument("ids", metavar="ID...", nargs=-1, required=True)
    @language_option
    def accept(ids: tuple[str, ...], to: str, **options: Any) -> int:
        from tutor.translate.command import accept as accept_translation

        return accept_translation(_environment(language, options), ids, to)


def _global_options() -> list[click.Parameter]:
    """The options that stand before or after a command; made once, because each takes its time."""
    # Paths stay texts here, so that help needs no pathlib.
    return [
        click.Option(
            ["--lang"], metavar="|".join(NAMES), callback=_known_language, help=_("The language of texts.")
        ),
        click.Option(["--plain"], is_flag=True, help=_("No colour, no cursor movement, no box drawing.")),
        click.Option(["--full"], is_flag=True, help=_("Fold nothing, however long it is.")),
        click.Option(
            ["--pack"],
            type=usage.Folder(exists=True),
            metavar="DIR",
            help=_("Another lesson pack's folder."),
        ),
        click.Option(
            ["--work"],
            type=usage.Folder(),
            metavar="DIR",
            help=_("Where your exercise files are."),
        ),
    ]


def _known_language(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    known = available()
    chosen = next((tag for tag in known if tag.casefold() == value.casefold()), None)
    if chosen is None:
        raise click.BadParameter(
            _("There is no text in {tag}. There is: {names}.").format(tag=value, names=", ".join(known)),
            ctx,
            parameter,
        )
    return chosen


def _environment(language: str, options: Mapping[str, Any]) -> Environment:
    """What a command that does more than give help is carried out in."""
    from tutor.environment import environment

    ending.end_on_signals()
    if not sys.warnoptions:
        # A view's warnings, such as Werkzeug's on large cookies, would stand in the middle of a lesson.
        import warnings

        warnings.simplefilter("ignore")
    before_command: Mapping[str, Any] = click.get_current_context().find_root().obj

    def given(name: str) -> Any:
        return options.get(name) or before_command.get(name)

    return environment(
        language=language,
        plain=bool(given("plain")),
        full=bool(given("full")),
        pack=_path(given("pack")),
        work=_path(given("work")),
    )


def _path(name: str | None) -> Path | None:
    import pathlib

    return None if name is None else pathlib.Path(name)


def _suggest_command(word: str, names: Sequence[str]) -> None:
    import difflib

    close = difflib.get_close_matches(word.casefold(), names, n=1)
    if close:
        raise UsageError(
            _("There is no command or lesson {word}. Did you mean {close}?").format(word=word, close=close[0])
        )


def _one_line(error: click.ClickException) -> str:
    """What click says of a wrong call, as one line with the way to the right one."""
    words = error.format_message().replace("\n", " ")
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else PROGRAM
    # click ends some of its sentences in a full stop of its own, whatever the language.
    words = words.removesuffix(".")
    if not words.endswith(("?", "。", "？", ")", "）")):
        words = _("{words}.").format(words=words)
    return sentences(words, _("Try: {command} --help").format(command=path))


def _tell(message: str) -> None:
    from tutor.screen.output import Output

    try:
        Output(sys.stderr, os.environ).show([f"{PROGRAM}: {message}"])
    except (BrokenPipeError, OutputError):
        # There is nowhere else to say it; the exit code remains.
        ending.mute(sys.stderr)
