"""Complaints (8.1.3): registered with a number and a due date."""

from actions._cases import RegisterCase, TextForm


class ComplaintForm(TextForm):
    """Asks for the text."""

    form = "complain_form"
    slot = "complaint_text"


class RegisterComplaint(RegisterCase):
    """Puts it into the register."""

    action_name = "action_register_complaint"
    kind = "complaint"
    slot = "complaint_text"
