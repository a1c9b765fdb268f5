"""Markdown -> blocks: made a web page of, and read as one, so that what is hidden in its HTML stays hidden."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.metadata import version

from markdown_it import MarkdownIt

from core.reading.flow import Flow
from core.reading.plain_text import decoded, one_line
from core.reading.web import blocks_of

# What programs write in front of a text: names and values between two lines of dashes.
_FRONT = re.compile(r"\A﻿?---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title[ \t]*:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE | re.IGNORECASE)


def read_markdown(data: bytes) -> Flow:
    """What a Markdown text says.  NotRead when it is no text."""
    text, whole = decoded(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    metadata = {}
    if (front := _FRONT.match(text)) is not None:
        text = text[front.end() :]
        if (title := _TITLE.search(front.group(1))) is not None:
            metadata["title"] = one_line(title.group(1))
    # A note "[^1]: words" would be taken for the target of a link, and vanish.
    text = re.sub(r"^(\[)(\^[^\]\n]{1,40}\]:)", r"\\\1\2", text, flags=re.MULTILINE)
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    flow = blocks_of(f"<html><body>{page}</body></html>")
    reader = f"markdown-it-py {version('markdown-it-py')}, {flow.reader}"
    return replace(flow, metadata=metadata, reader=reader, problem=flow.problem if whole else "reading_characters_lost")
