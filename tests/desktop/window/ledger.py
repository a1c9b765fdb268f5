"""Records, models and places for the tests of the pages of audit, models and settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from core.nouns import Change
from desktop.channel import (
    AddFiles,
    AuditResult,
    Configure,
    ExportRecords,
    GetLibrary,
    Guard,
    LibraryState,
    ListModels,
    ListRecords,
    ModelRow,
    OpenRecord,
    ProveOffline,
    RecordLine,
    VerifyAudit,
    WholeRecord,
)
from tests.desktop.window.conftest import FakeJobs

STATE = LibraryState(Path("/data/library"), 7, 4, (("Contracts", 3), ("Patients", 1)), 0, 3)
EMPTY = replace(STATE, documents=0, collections=())
CHECKPOINT = "3:" + "c" * 64

LINES = (
    RecordLine(3, "2026-11-22T14:02:00+00:00", "dr.chen", "Is <b>bold</b> harmful?", "stopped", (), "default", False),
    RecordLine(2, "2026-11-21T09:00:00+00:00", "dr.chen", "Capital?", "not_found", ("Contracts",), "default", True),
    RecordLine(1, "2026-11-20T09:00:00+00:00", "lee", "Notice?", "answered", ("Contracts",), "default", True),
)

CITED = {
    "document": "Contract.pdf",
    "sha256": "d" * 64,
    "page": 12,
    "page_label": "xii",
    "passage": "p-1",
    "start": 40,
    "end": 62,
    "quote": "thirty days of <notice>",
}
BODY: dict[str, Any] = {
    "format": 1,
    "kind": "answered",
    "utc": "2026-11-20T09:00:00.000+00:00",
    "user": "lee",
    "question": "Notice?",
    "scope": {"collections": ["Contracts"], "documents": []},
    "library_revision": 7,
    "model": {"name": "default", "sha256": "a" * 64, "adapter": "xiaozhi", "adapter_sha256": "b" * 64, "device": "cpu"},
    "embedder": {"name": "e5-small", "sha256": "e" * 64, "dimensions": 384},
    "seed": 42,
    "prompt_sha256": "f" * 64,
    "reason": "",
    "draft": "Thirty days. Perhaps sixty.",
    "candidates": [
        {
            "passage": "p-1",
            "document": "Contract.pdf",
            "page": 12,
            "score": 0.91234,
            "similarity": 0.8,
            "keyword_score": 3.5,
        },
        {
            "passage": "p-2",
            "document": "Other.pdf",
            "page": 2,
            "score": 0.5,
            "similarity": 0.4,
            "keyword_score": 0.0,
        },
    ],
    "evidence": [{"number": 1, "passage": "p-1", "start": 0, "end": 90, "sha256": "9" * 64}],
    "sentences": [
        {
            "text": "Thirty days.",
            "verdict": "partial",
            "support": 0.75,
            "faults": ["condition_lost"],
            "verbatim": False,
            "citations": [CITED],
        }
    ],
    "removed": [
        {
            "text": "Perhaps sixty.",
            "verdict": "unsupported",
            "support": 0.1,
            "faults": ["number_absent"],
            "verbatim": False,
            "citations": [],
        }
    ],
    "coverage": {"documents": 3, "pages": 60, "unreadable": [["Scan.pdf", [4, 5]]]},
    "seconds": {"find": 0.1, "first_token": 1.0, "draft": 3.25, "verify": 0.5, "total": 4.0},
}

DEFAULT = ModelRow("default", "Qwen 0.5B", "language", 491_000_000, "Apache-2.0", "", "a" * 64, True, True, 24.0)
OWN = ModelRow("own", "Own 4B", "language", 2_600_000_000, "", "", "b" * 64, True, False, 0.0)
BETTER = ModelRow("better", "Qwen 1.5B", "language", 1_100_000_000, "Apache-2.0", "", "c" * 64, False, False, 0.0)
EMBEDDER = ModelRow("e5-small", "E5 small", "embedder", 470_000_000, "MIT", "", "d" * 64, True, True, 0.0)
MODELS = (BETTER, OWN, DEFAULT, EMBEDDER)


def record(request: OpenRecord) -> WholeRecord:
    """The record of a line."""
    return WholeRecord(request.sequence, "1" * 64, "2" * 64, request.sequence != 3, BODY)


def fill(jobs: FakeJobs) -> None:
    """An engine that has records and models, and does what it is asked."""
    jobs.answers |= {
        GetLibrary: STATE,
        ListRecords: LINES,
        OpenRecord: record,
        VerifyAudit: AuditResult((), 3, CHECKPOINT),
        ExportRecords: 3,
        ListModels: MODELS,
        Configure: None,
        AddFiles: Change(8, added=("a.pdf", "b.pdf")),
        ProveOffline: (Guard("To an address: refused", True), Guard("To a name: refused", True)),
    }
