"""How sure the evidence makes us that a book was asked for. All figures are 0..1."""

from integrations.search.tantivy_index.message import WORDS
from integrations.search.tantivy_index.windows import HALF_HEARD, WRITTEN, Heard, Window

LONG = 6
"""Characters from which even a part of a title, or a title misspelt, speaks for itself."""
UNASKED = 0.75
"""What is left of weak evidence when nothing says that a book is asked for."""


def explained(heard: Heard, *windows: Window) -> float:
    """The share of what the message says that the windows account for."""
    content = heard.message.content
    worth = [0.0] * len(content)
    for window in windows:
        for at in range(window.start, window.end):
            worth[at] = max(worth[at], window.quality)
    total = sum(1 for says, value in zip(content, worth, strict=True) if says or value)
    return sum(worth) / total if total else 0.0


def is_common(heard: Heard, window: Window) -> bool:
    """Everyday words, or a single character: a title only when the message is nothing else, or says so."""
    text = heard.message.text[window.start : window.end]
    return len(text) == 1 or WORDS.is_common(text)


def of_exact(heard: Heard, window: Window) -> float:
    """A title or name that is also an everyday word is not yet a request for a book."""
    message = heard.message
    if message.quoted or message.is_named(window.end) or not is_common(heard, window):
        return 1.0
    if (window.start, window.end) != (0, len(message.text)):
        return 0.2
    return 0.5 if WORDS.is_common(message.text) else 0.9


def of_title_alone(heard: Heard, title: Window, share: float, exact: bool) -> float:
    common = is_common(heard, title)
    if not exact:
        partly = 0.55 if title.at_edge else 0.45
        sure = share * (partly + (1 - partly) * title.complete) * reliable(title)
        return tempered(heard, 0.4 * sure if common else sure) if title.end - title.start < LONG else sure
    if common:
        return 0.3 * share
    return 0.65 + 0.35 * share if heard.message.asks_for_book else 0.9 * share * share


def reliable(window: Window) -> float:
    """Agreement in sound alone means little for two syllables, much for five; so does one wrong character."""
    length = window.end - window.start
    if window.quality == 1.0:
        return {1: 0.2, 2: 0.5, 3: 0.8}.get(length, 1.0)
    if window.grain == WRITTEN:
        return {1: 0.0, 2: 0.2, 3: 0.6, 4: 0.9}.get(length, 1.0) * window.fit**2
    low, gain = {1: (0.0, 0.0), 2: (0.3, 0.7), 3: (0.55, 0.5), 4: (0.8, 0.2)}.get(length, (0.95, 0.05))
    if window.grain == HALF_HEARD and length < 4:
        low, gain = 0.7 * low, 0.7 * gain
    return (low + gain * window.written) * window.fit**2


def tempered(heard: Heard, confidence: float) -> float:
    """Without a sign that a book is meant, part of a title or a name is weaker evidence."""
    return confidence if heard.message.asks_for_book else UNASKED * confidence
