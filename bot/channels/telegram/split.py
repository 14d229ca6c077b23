"""Long texts in pieces that Telegram takes: 4,096 UTF-16 units after entities, cut between sentences."""

TEXT_UNITS = 4096
CAPTION_UNITS = 1024

_ENDS = ("\n\n", "\n", "。！？!?…", "；;", "，,、", " ")
"""Where to cut, the best first: a paragraph, a line, a sentence, a clause, a comma, a word."""
_CLOSING = "”’」』）)》】〉…！？。"
_JOINED = "\u200d\ufe0e\ufe0f"


def units(text: str) -> int:
    """Length as Telegram measures it: UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def split(text: str, limit: int = TEXT_UNITS) -> list[str]:
    """The pieces, none empty, none longer than `limit` units; nothing but space between them is lost."""
    pieces = []
    left = text.strip()
    while units(left) > limit:
        head = _fitting(left, limit)
        cut = _cut(head, left[len(head)])
        pieces.append(left[:cut].rstrip())
        left = left[cut:].lstrip()
    return [piece for piece in (*pieces, left) if piece]


def _fitting(text: str, limit: int) -> str:
    """The longest beginning within the limit."""
    end = min(len(text), limit)
    while units(text[:end]) > limit:
        end -= max(1, (units(text[:end]) - limit) // 2)
    return text[:end]


def _cut(head: str, after: str) -> int:
    """Where this beginning is best cut; the second half only, so that pieces don't get tiny."""
    least = len(head) // 2
    for ends in _ENDS:
        found = head.rfind(ends) if ends.startswith("\n") else max(head.rfind(char) for char in ends)
        if found >= least:
            return _with_closing(head, found + (len(ends) if ends.startswith("\n") else 1))
    return _whole(head, after)


def _with_closing(head: str, cut: int) -> int:
    """A closing quote belongs to the sentence before it."""
    while cut < len(head) and head[cut] in _CLOSING:
        cut += 1
    return cut


def _whole(head: str, after: str) -> int:
    """A hard cut, not inside a joined emoji."""
    cut = len(head)
    while cut > 1 and (head[cut - 1] in _JOINED or (head[cut] if cut < len(head) else after) in _JOINED):
        cut -= 1
    return cut
