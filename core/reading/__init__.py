"""Reading: a file on disk -> pages -> passages.  The parsers run in a child process with limits."""

from core.reading.cutting import cut
from core.reading.reader import VERSION, Limits, Reader, is_final
from core.reading.rects import rects_of, text_under
from core.reading.sentences import sentences

__all__ = ["VERSION", "Limits", "Reader", "cut", "is_final", "rects_of", "sentences", "text_under"]
