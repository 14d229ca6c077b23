"""The rule of renewing, over everything it looks at."""

from hypothesis import given
from hypothesis import strategies as st

from lending.errors import Code
from lending.loans.renewal import Renewing, refusal
from tests.fakes.clock import china

loans = st.builds(
    Renewing,
    due=st.just(china("2025-04-10 23:59:59")),
    renewals=st.integers(0, 3),
    limit=st.integers(0, 2),
    overdue_days=st.integers(0, 3),
    wanted_by_other=st.booleans(),
    returning=st.sampled_from([None, "R2503050001"]),
)


@given(loans)
def test_every_refusal_has_its_reason_and_figures(loan: Renewing) -> None:
    refused = refusal(loan)
    reasons = {
        Code.BEING_RETURNED: loan.returning is not None,
        Code.OVERDUE: loan.overdue_days > 0,
        Code.RENEWAL_USED: loan.renewals >= loan.limit,
        Code.RESERVED_BY_OTHER: loan.wanted_by_other,
    }
    assert (refused is None) == (not any(reasons.values()))
    if refused is not None:
        assert reasons[refused.code]
        assert refused.facts["due"] == loan.due
