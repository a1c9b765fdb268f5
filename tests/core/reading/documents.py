"""Documents without pages, made by hand for the tests of reading."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

STYLES = """
<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="22"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/></w:style>
<w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/><w:basedOn w:val="1"/></w:style>
<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Our clause"/><w:basedOn w:val="2"/></w:style>
<w:style w:type="paragraph" w:styleId="T1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="character" w:styleId="Ghost"><w:name w:val="Ghost"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="table" w:styleId="Plain"><w:name w:val="Plain"/></w:style>
<w:style w:type="table" w:styleId="Dark"><w:name w:val="Dark"/>
  <w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:fill="1F3864"/></w:tcPr></w:tblStylePr></w:style>
"""

NUMBERING = """
<w:abstractNum w:abstractNumId="0">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>
  <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%3)"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1">
  <w:lvl w:ilvl="0"><w:start w:val="37"/><w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="第%1条"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="2">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0B7;"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
<w:num w:numId="4"><w:abstractNumId w:val="0"/>
  <w:lvlOverride w:ilvl="0"><w:startOverride w:val="9"/></w:lvlOverride></w:num>
"""


def run(words: str, look: str = "") -> str:
    """A run of text; ``look`` is the inside of its w:rPr."""
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(words)}</w:t></w:r>'


def paragraph(*inside: str, style: str = "", numbered: tuple[int, int] | None = None, look: str = "") -> str:
    """A paragraph of plain words and of what already is XML; ``numbered`` is (list, level)."""
    said = f'<w:pStyle w:val="{style}"/>' if style else ""
    if numbered is not None:
        said += f'<w:numPr><w:ilvl w:val="{numbered[1]}"/><w:numId w:val="{numbered[0]}"/></w:numPr>'
    body = "".join(part if part.startswith("<") else run(part) for part in inside)
    return f"<w:p><w:pPr>{said}{look}</w:pPr>{body}</w:p>"


def table(*rows: tuple[str, ...], style: str = "") -> str:
    """A table of cells that are words, or XML after their ``w:tcPr``."""
    said = f'<w:tblPr><w:tblStyle w:val="{style}"/></w:tblPr>' if style else ""
    cells = ("".join(f"<w:tc>{c if c.startswith('<') else paragraph(c)}</w:tc>" for c in row) for row in rows)
    return f"<w:tbl>{said}{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def word(
    *body: str, footnotes: str = "", styles: str = STYLES, numbering: str = NUMBERING, title: str = "", **parts: bytes
) -> bytes:
    """A DOCX file; ``parts`` replace or add parts by name, with "__" for "/" and "_" for "."."""
    files: dict[str, bytes] = {
        "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="x"/>',
        "_rels/.rels": _links({"officeDocument": "word/document.xml"}),
        "word/_rels/document.xml.rels": _links(
            {"styles": "styles.xml", "numbering": "numbering.xml", "footnotes": "footnotes.xml"}
        ),
        "word/document.xml": _part("document", f"<w:body>{''.join(body)}</w:body>"),
        "word/styles.xml": _part("styles", styles),
        "word/numbering.xml": _part("numbering", numbering),
        "word/footnotes.xml": _part("footnotes", footnotes),
        "docProps/core.xml": f'<c xmlns:dc="d"><dc:title>{escape(title)}</dc:title></c>'.encode(),
    }
    files |= {name.replace("__", "/").replace("_", "."): data for name, data in parts.items()}
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            package.writestr(name, data)
    return out.getvalue()


def _part(name: str, inside: str) -> bytes:
    head = f'<?xml version="1.0" encoding="UTF-8"?><w:{name} xmlns:w="{W}"'
    spaces = (
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="wps" xmlns:v="v"'
        ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    )
    return f"{head}{spaces}>{inside}</w:{name}>".encode()


def _links(targets: Mapping[str, str]) -> bytes:
    links = (
        f'<Relationship Id="r{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets.items())
    )
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(links)}</Relationships>'.encode()


def compound(*names: str) -> bytes:
    """Something like a compound file of old Office programs, with streams of these names."""
    head = bytes.fromhex("d0cf11e0a1b11ae1").ljust(512, b"\0")
    return head + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *names))
