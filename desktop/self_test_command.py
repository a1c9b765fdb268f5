"""``vademecum self-test``: apart from the other commands, because it forbids the network before anything is imported.

With ``--files`` it needs nothing of the engine, which may be what is damaged.
"""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict

from core.errors import CancelToken
from core.settings import Settings
from desktop import forms, self_test_words
from desktop.channel import SelfTestReport, SelfTestStep
from desktop.engine_room.offline import forbid_network
from desktop.manifest import check_manifest, program_folder

_OK, _PROBLEM, _DAMAGED = 0, 1, 4


def run(settings: Settings, language: str, cancel: CancelToken, chosen: Namespace) -> int:
    """The exit code: 0 all held, 1 something did not, 4 files are not as they were built."""
    return _files(language, cancel, chosen) if chosen.files else _test(settings, language, cancel, chosen)


def _files(language: str, cancel: CancelToken, chosen: Namespace) -> int:
    checked = check_manifest(program_folder(), cancel=cancel)
    whole = not (checked.changed or checked.missing or checked.extra or checked.locked)
    if chosen.json:
        print(json.dumps({"whole": whole, **asdict(checked)}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(forms.printable(line) for line in self_test_words.of_files(checked, language)))
    return _OK if whole else _DAMAGED


def _test(settings: Settings, language: str, cancel: CancelToken, chosen: Namespace) -> int:
    forbid_network()
    # Only now: whatever these import is guarded as well.
    from desktop.presenting import Screen
    from desktop.self_test import self_test

    screen = Screen(language, json_wanted=chosen.json)

    def tell(step: SelfTestStep) -> None:
        if not chosen.json:
            screen.plain("\n".join(self_test_words.of_step(step, language)))

    with screen.progress() as report:
        found = self_test(settings, quick=chosen.quick, report=report, on_step=tell, cancel=cancel)
    if chosen.json:
        screen.form(_form(found))
    else:
        words = ["", *self_test_words.heading(found, language), "", self_test_words.verdict(found, language)]
        screen.plain("\n".join(words))
    return _PROBLEM if found.failed else _OK


def _form(found: SelfTestReport) -> forms.Form:
    return {"held": not found.failed, **asdict(found), "libraries": dict(found.libraries)}
