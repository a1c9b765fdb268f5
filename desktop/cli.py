"""The command line: ``vademecum COMMAND``; without a command, the window.

Exit codes: 0 done; 1 a problem that a sentence explains; 2 wrong usage; 3 done in
part (some files or questions failed); 4 damage or tampering was found; 70 a fault of
this program; 130 stopped by the user.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from core.errors import Cancelled, CancelToken, TryAgain, UserProblem, VademecumError
from core.messages import say
from core.nouns import SameName
from core.settings import Settings, load_settings
from desktop import forms, house, logbook
from desktop.faults import keep_fault
from desktop.stopping import Interrupts, stopping

OK, PROBLEM, USAGE, IN_PART, DAMAGED, FAULT, STOPPED = 0, 1, 2, 3, 4, 70, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="replace")
    house.go_offline()
    if words[:1] == [house.PROBE]:
        from core.language_model import main as probe  # a part like the others

        return probe(["--probe", *words[1:]])
    if not words:
        from desktop.window.app import main as window  # commands must work where there is no screen

        return window()
    language = house.language(Settings(), _asked_language(words))
    cancel = CancelToken()
    logbook.begin("command", house.version())
    code = STOPPED  # where whoever read the output went away beneath a library that then ends everything
    try:
        with stopping(cancel, language) as interrupts:
            code = _told(words, language, cancel, interrupts)
    finally:
        logbook.end(code)
    return code


def _told(words: Sequence[str], language: str, cancel: CancelToken, interrupts: Interrupts) -> int:
    """The exit code of the command; what fails is said."""
    try:
        try:
            settings = load_settings()
            language = interrupts.language = house.language(settings, _asked_language(words))
            return _run(words, settings, language, cancel)
        except VademecumError as problem:
            # Whatever fails once a person asked to stop failed because of it: children are told to stop too.
            stopped = isinstance(problem, Cancelled) or cancel.cancelled
            if stopped and not isinstance(problem, Cancelled):
                problem = Cancelled()
            _complain(problem, language, as_json="--json" in words)
            if problem.key == "cannot_write":
                _drop_output()  # what is still waiting for a full disk would be tried again at the end
            return STOPPED if stopped else PROBLEM
        except KeyboardInterrupt:
            _complain(Cancelled(), language, as_json="--json" in words)
            return STOPPED
        except BrokenPipeError:
            raise
        except Exception as fault:  # a bug of ours: said in a sentence, kept for a report
            if cancel.cancelled:
                _complain(Cancelled(), language, as_json="--json" in words)
                return STOPPED
            _complain(keep_fault(fault), language, as_json="--json" in words)
            return FAULT
    except BrokenPipeError:  # whoever read the output went away, as `head` does
        _drop_output()
        return STOPPED


def _run(words: Sequence[str], settings: Settings, language: str, cancel: CancelToken) -> int:
    try:
        chosen = build_parser(language).parse_args(words)
    except SystemExit as end:  # help was shown, or the sentence about wrong usage
        return end.code if isinstance(end.code, int) else USAGE
    if chosen.run == "self_test":
        from desktop.self_test_command import run as self_test  # before the engine, which it tests

        with logbook.timed("command", chosen.run):
            return self_test(settings, language, cancel, chosen)
    # The engine takes a second or two to import: help and usage do not wait for it, and Ctrl-C finds its handler set.
    from desktop import commands
    from desktop.presenting import Screen

    cancel.check()
    context = commands.Context(
        settings=settings,
        screen=Screen(language, json_wanted=chosen.json),
        language=language,
        library_folder=house.default_library() if chosen.library is None else Path(chosen.library),
        cancel=cancel,
    )
    room: object = commands
    if chosen.run.startswith("persona_"):
        from desktop import persona_commands  # the workshop is not needed for anything else

        room = persona_commands
    run: Callable[[commands.Context, argparse.Namespace], int] = getattr(room, chosen.run)
    with logbook.timed("command", chosen.run):
        code = run(context, chosen)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise UserProblem(
            "cannot_write", path=say("standard_output", language), fault=fault.strerror or fault
        ) from fault
    return code


def _complain(problem: VademecumError, language: str, *, as_json: bool) -> None:
    """The sentence on standard error; for a program that reads JSON, also as JSON on standard output."""
    logbook.jot("told", key=problem.key)
    sentence = problem.sentence(language)
    mark = "" if isinstance(problem, Cancelled) else "✘ "
    print(f"{mark}{forms.printable(sentence)}", file=sys.stderr, flush=True)
    if as_json:
        form = {"error": {"key": problem.key, "sentence": sentence, "try_again": isinstance(problem, TryAgain)}}
        try:
            print(json.dumps(form, ensure_ascii=False, indent=2), flush=True)
        except OSError:  # the output may itself be the problem
            _drop_output()


def _drop_output() -> None:
    # Python would try to write the rest at its end, and complain in its own way.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _asked_language(words: Sequence[str]) -> str:
    for position, word in enumerate(words):
        if word == "--language" and position + 1 < len(words):
            return words[position + 1]
        if word.startswith("--language="):
            return word.partition("=")[2]
    return ""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    language = "en"

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, say("usage_prefix", self.language) if prefix is None else prefix)


class _ChineseFormatter(_Formatter):
    language = "zh"


# What argparse says in English, and what is said instead; the group is what the sentence names.
_USAGE = (
    (re.compile(r"the following arguments are required: (.+)"), "usage_missing"),
    (re.compile(r"unrecognized arguments: (.+)"), "usage_unknown"),
    (re.compile(r"argument .+: invalid choice: '?(.*?)'? \(.+"), "usage_choice"),
    (re.compile(r"argument (.+): expected .+"), "usage_no_value"),
    (re.compile(r"argument .+: invalid .+ value: '?(.*?)'?"), "usage_number"),
)


class _Parser(argparse.ArgumentParser):
    """An argparse parser that speaks the user's language."""

    def __init__(self, language: str, **options: Any) -> None:
        formatter = _ChineseFormatter if language == "zh" else _Formatter
        super().__init__(formatter_class=formatter, allow_abbrev=False, add_help=False, **options)
        self.language = language
        self._positionals.title = say("usage_arguments", language)
        self._optionals.title = say("usage_options", language)
        self.add_argument("-h", "--help", action="help", help=say("help_help", language))

    def error(self, message: str) -> NoReturn:
        sentence = say("usage_wrong", self.language, fault=message)
        for pattern, key in _USAGE:
            if found := pattern.fullmatch(message):
                sentence = say(key, self.language, word=found.group(1))
        self.print_usage(sys.stderr)
        print(f"✘ {sentence}\n  {say('usage_help', self.language, command=self.prog)}", file=sys.stderr)
        raise SystemExit(USAGE)


def build_parser(language: str) -> argparse.ArgumentParser:
    """The whole grammar of the command line, its help in ``language``; ``run`` names a function of commands."""

    def words(key: str) -> str:
        return say(f"help_{key}", language)

    def common(made: argparse.ArgumentParser, *, top: bool = False) -> None:
        """Options that may stand before or after the command."""
        absent = None if top else argparse.SUPPRESS
        made.add_argument("--library", metavar="DIR", default=absent, help=words("library"))
        made.add_argument("--json", action="store_true", default=False if top else absent, help=words("json"))
        made.add_argument("--language", choices=("en", "zh"), default=absent, help=words("language"))

    parser = _Parser(language, prog="vademecum", description=words("program"), epilog=words("exit_codes"))
    common(parser, top=True)
    parser.add_argument("--version", action="version", version=f"vademecum {house.version()}", help=words("version"))
    top = parser.add_subparsers(title=words("commands"), metavar="COMMAND", required=True)

    def command(name: str, group: str = "", under: Any = top) -> argparse.ArgumentParser:
        run = (f"{group}_{name}" if group else name).replace("-", "_")
        made: argparse.ArgumentParser = under.add_parser(
            name, help=words(run), description=words(run), language=language
        )
        common(made)
        made.set_defaults(run=run)
        return made

    def group(name: str) -> Callable[[str], argparse.ArgumentParser]:
        made = top.add_parser(name, help=words(name), description=words(name), language=language)
        inner = made.add_subparsers(title=words("actions"), metavar="ACTION", required=True)
        return lambda action: command(action, name, inner)

    def scope(made: argparse.ArgumentParser) -> None:
        made.add_argument("--collection", action="append", default=[], metavar="NAME", help=words("in_collection"))
        made.add_argument("--document", action="append", default=[], metavar="FILE", help=words("in_document"))

    def importing(made: argparse.ArgumentParser, collection: str) -> None:
        made.add_argument("--collection", default="", metavar="NAME", help=words(collection))
        made.add_argument("--password", default=None, metavar="WORD", help=words("password"))
        made.add_argument("--no-ocr", action="store_true", help=words("no_ocr"))

    def batch(made: argparse.ArgumentParser) -> None:
        made.add_argument("--batch", metavar="Q.jsonl", help=words("batch"))
        made.add_argument("--out", metavar="OUT.jsonl", help=words("out"))
        made.add_argument("--force", action="store_true", help=words("force"))

    add = command("add")
    add.add_argument("paths", nargs="*", metavar="PATH", help=words("paths"))
    add.add_argument("--resume", action="store_true", help=words("resume"))
    importing(add, "into_collection")
    rules, refuse = [rule.value for rule in SameName], SameName.REFUSE.value
    add.add_argument("--same-name", choices=rules, default=refuse, metavar="RULE", help=words("same_name"))

    replace = command("replace")
    replace.add_argument("old", metavar="NAME", help=words("old"))
    replace.add_argument("new", metavar="FILE", help=words("new"))
    importing(replace, "in_collection")

    remove = command("remove")
    remove.add_argument("names", nargs="+", metavar="NAME", help=words("names"))
    remove.add_argument("--collection", default=None, metavar="NAME", help=words("in_collection"))

    documents = command("documents")
    documents.add_argument("--collection", action="append", default=[], metavar="NAME", help=words("in_collection"))

    collections = group("collections")
    collections("list")
    collections("create").add_argument("name", metavar="NAME", help=words("collection_name"))
    rename = collections("rename")
    rename.add_argument("old", metavar="OLD", help=words("collection_old"))
    rename.add_argument("new", metavar="NEW", help=words("collection_new"))
    move = collections("move")
    move.add_argument("names", nargs="+", metavar="DOCUMENT", help=words("names"))
    move.add_argument("--to", required=True, metavar="NAME", help=words("move_to"))
    move.add_argument("--collection", default=None, metavar="NAME", help=words("move_from"))
    delete = collections("delete")
    delete.add_argument("name", metavar="NAME", help=words("collection_name"))
    delete.add_argument("--with-documents", action="store_true", help=words("with_documents"))

    search = command("search")
    search.add_argument("question", nargs="?", metavar="QUESTION", help=words("question"))
    search.add_argument("-k", type=_count, default=10, metavar="N", help=words("k"))
    batch(search)
    scope(search)

    ask = command("ask")
    ask.add_argument("question", nargs="?", metavar="QUESTION", help=words("question"))
    ask.add_argument("--model", default="", metavar="NAME", help=words("model"))
    ask.add_argument("--seed", type=_natural, default=0, metavar="N", help=words("seed"))
    batch(ask)
    scope(ask)

    doctor = command("doctor")
    doctor.add_argument("--repair", action="store_true", help=words("repair"))
    doctor.add_argument("--rebuild-index", action="store_true", help=words("rebuild_index"))
    doctor.add_argument("--password", default=None, metavar="WORD", help=words("password"))

    command("backup").add_argument("file", nargs="?", default="", metavar="FILE.zip", help=words("backup_file"))

    restore = command("restore")
    restore.add_argument("file", metavar="FILE.zip", help=words("restore_file"))
    restore.add_argument("folder", nargs="?", default="", metavar="FOLDER", help=words("restore_folder"))

    support = command("support-bundle")
    support.add_argument("--out", metavar="FILE.zip", help=words("support_out"))
    support.add_argument("--show", action="store_true", help=words("support_show"))

    test = command("self-test")
    test.add_argument("--quick", action="store_true", help=words("self_test_quick"))
    test.add_argument("--files", action="store_true", help=words("self_test_files"))

    audit = group("audit")
    audit("list").add_argument("-n", type=_count, default=20, metavar="N", help=words("audit_n"))
    audit("show").add_argument("sequence", type=_count, metavar="N", help=words("audit_sequence"))
    audit("verify").add_argument("--checkpoint", default="", metavar="N:HASH", help=words("checkpoint"))

    models = group("models")
    models("list")
    models("fetch").add_argument("names", nargs="*", metavar="NAME", help=words("fetch_names"))
    add_model = models("add")
    add_model.add_argument("file", metavar="FILE.gguf", help=words("model_file"))
    add_model.add_argument("--name", default=None, metavar="NAME", help=words("model_name"))
    models_out = models("export")
    models_out.add_argument("folder", metavar="DIR", help=words("carry_to"))
    models_out.add_argument("names", nargs="*", metavar="NAME", help=words("carry_names"))
    models("import").add_argument("folder", metavar="DIR", help=words("carry_from"))
    models("probe").add_argument("name", metavar="NAME", help=words("model_named"))
    models("remove").add_argument("name", metavar="NAME", help=words("model_named"))

    persona = group("persona")
    persona("list")
    new = persona("new")
    new.add_argument("name", metavar="ID", help=words("persona_id"))
    new.add_argument("--like", default="", metavar="ID", help=words("persona_like"))
    new.add_argument("--dialogues", default="", metavar="FILE", help=words("persona_dialogues"))
    examples = persona("examples")
    examples.add_argument("name", metavar="ID", help=words("persona_id"))
    examples.add_argument("--seed", type=_natural, default=7, metavar="N", help=words("seed"))
    train = persona("train")
    train.add_argument("name", metavar="ID", help=words("persona_id"))
    train.add_argument("--epochs", type=_count, default=None, metavar="N", help=words("persona_epochs"))
    test = persona("test")
    test.add_argument("name", metavar="ID", help=words("persona_id"))
    test.add_argument("--only-test", action="store_true", help=words("persona_only_test"))
    persona("use").add_argument("name", metavar="ID", help=words("persona_use_id"))
    persona("show").add_argument("name", metavar="ID", help=words("persona_id"))
    export = persona("export")
    export.add_argument("name", metavar="ID", help=words("persona_id"))
    export.add_argument("file", metavar="FILE", help=words("persona_file"))
    export.add_argument("--merged", default="", metavar="TYPE", help=words("persona_merged_type"))
    export.add_argument("--hf-base", default="", metavar="DIR", help=words("persona_hf_base"))
    export.add_argument("--force", action="store_true", help=words("force"))
    bring = persona("import")
    bring.add_argument("file", metavar="FILE", help=words("persona_file"))
    bring.add_argument("--replace", action="store_true", help=words("persona_replace"))
    off = persona("remove")
    off.add_argument("name", metavar="ID", help=words("persona_id"))
    off.add_argument("--yes", action="store_true", help=words("persona_yes"))

    evaluate = command("evaluate")
    evaluate.add_argument("pack", nargs="?", metavar="PACK", help=words("pack"))
    evaluate.add_argument("--suite", default="", metavar="SUITE", help=words("suite"))
    evaluate.add_argument("--compare", action="store_true", help=words("compare"))
    evaluate.add_argument("--persona", default="", metavar="ID", help=words("compare_persona"))
    evaluate.add_argument("--chart", default="", metavar="FILE.png|FILE.svg", help=words("compare_chart"))
    evaluate.add_argument("--n", type=_natural, default=0, metavar="N", help=words("evaluate_n"))
    evaluate.add_argument("--asks", type=_natural, default=0, metavar="N", help=words("evaluate_asks"))
    evaluate.add_argument("--model", default="", metavar="NAME", help=words("model"))
    evaluate.add_argument("--seed", type=_natural, default=0, metavar="N", help=words("seed"))
    evaluate.add_argument("--out", metavar="FILE.json", help=words("evaluate_out"))
    evaluate.add_argument("--force", action="store_true", help=words("force"))
    return parser


def _natural(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**31:
        raise ValueError(text)
    return value


def _count(text: str) -> int:
    value = _natural(text)
    if not value:
        raise ValueError(text)
    return value


if __name__ == "__main__":
    sys.exit(main())
