"""Purchase suggestions (5.3): a book that the library should buy."""

from actions._cases import RegisterCase, TextForm


class PurchaseForm(TextForm):
    """Asks for the text."""

    form = "suggest_purchase_form"
    slot = "purchase_text"


class RegisterPurchase(RegisterCase):
    """Puts it into the register."""

    action_name = "action_register_purchase"
    kind = "purchase"
    slot = "purchase_text"
