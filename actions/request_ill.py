"""Inter-library loan requests (5.3): a book that another library may lend."""

from actions._cases import RegisterCase, TextForm


class InterlibraryLoanForm(TextForm):
    """Asks for the text."""

    form = "request_ill_form"
    slot = "ill_text"


class RegisterInterlibraryLoan(RegisterCase):
    """Puts it into the register."""

    action_name = "action_register_ill"
    kind = "ill"
    slot = "ill_text"
