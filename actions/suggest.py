"""Suggestions (8.1.3): registered with a number and a due date."""

from actions._cases import RegisterCase, TextForm


class SuggestionForm(TextForm):
    """Asks for the text."""

    form = "suggest_form"
    slot = "suggestion_text"


class RegisterSuggestion(RegisterCase):
    """Puts it into the register."""

    action_name = "action_register_suggestion"
    kind = "suggestion"
    slot = "suggestion_text"
