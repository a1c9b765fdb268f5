"""The self-test and the check of the files in words: for the terminal, the window, and whoever gives support."""

from __future__ import annotations

from core.messages import say
from desktop.channel import Fact, FilesChecked, SelfTestReport, SelfTestStep

MARKS = {"held": "✔", "failed": "✘", "left_out": "○"}


def of_fact(fact: Fact, language: str) -> str:
    """A fact as a sentence; its ``kind`` is itself a message key."""
    details = {name: say(value, language) if name == "kind" else value for name, value in fact.details.items()}
    return say(fact.key, language, **details)


def of_step(step: SelfTestStep, language: str) -> list[str]:
    """A step in lines, what it found indented."""
    name = say(step.name, language)
    lines = [say("self_test_line", language, mark=MARKS[step.state], name=name, seconds=f"{step.seconds:.1f}")]
    told = [*step.facts, *([step.problem] if step.problem is not None else [])]
    return lines + [f"    {of_fact(fact, language)}" for fact in told]


def heading(report: SelfTestReport, language: str) -> list[str]:
    """What was tested, and on what."""
    copy = say("self_test_frozen" if report.installed else "self_test_source", language)
    machine = say(
        "self_test_machine",
        language,
        processor=report.processor,
        cores=report.cores,
        memory=f"{report.memory / 1e9:.1f}",
        free=f"{report.free_memory / 1e9:.1f}",
    )
    libraries = " · ".join(f"{name} {version}" for name, version in report.libraries)
    return [say("self_test_title", language, version=report.version), f"{report.system} · {copy}", machine, libraries]


def verdict(report: SelfTestReport, language: str) -> str:
    """The last line."""
    if not report.failed:
        return say("self_test_all_held", language)
    return say("self_test_not_held", language, count=report.failed, total=len(report.steps))


def of_report(report: SelfTestReport, language: str) -> str:
    """The whole report as text, to be copied or saved."""
    steps = [line for step in report.steps for line in of_step(step, language)]
    return "\n".join([*heading(report, language), "", *steps, "", verdict(report, language), ""])


def of_files(checked: FilesChecked, language: str) -> list[str]:
    """What the check of the files found, in lines."""
    wrong = len(checked.changed) + len(checked.missing) + len(checked.extra) + len(checked.locked)
    if not wrong:
        return [say("files_whole", language, count=checked.files)]
    lines = [say("files_damaged", language, count=wrong)]
    lines += [say("files_changed", language, name=name) for name in checked.changed]
    lines += [say("files_locked", language, name=name) for name in checked.locked]
    lines += [say("files_missing", language, name=name) for name in checked.missing]
    return lines + [say("files_extra", language, name=name) for name in checked.extra]
