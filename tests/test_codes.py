"""Handlers that ask for a secret of the row instead of a signed-in user."""

from __future__ import annotations

import pytest

from vibeaudit.survey.codes import asks_for_code, asks_for_short_code


@pytest.mark.parametrize(
    "text",
    [
        ".from('codes').select('id').eq('code', code).maybeSingle(); if (!sent) return status(400)",
        "if (guest.invite_code !== inviteCode.toUpperCase()) return new Response('Invalid code')",
        "SELECT id FROM orders WHERE id = $1 AND cancel_token = $2; throw new Error('no')",
        "update invitations set used = true where email = p_email and invite_code = p_code; raise exception 'expired'",
    ],
)
def test_it_sees_that_a_caller_must_know_a_code(text: str) -> None:
    assert asks_for_code(text)


@pytest.mark.parametrize(
    "text",
    [
        ".from('codes').eq('code', code)",  # and nothing is refused
        ".from('coupons').eq('code', code); if (!coupon) return status(404)",
        ".eq('country_code', country); return status(404)",
        ".eq('code', 'admin'); return status(404)",
        "if (error.code === errorCode) throw error",
        "if (row.code === StatusCode.Gone) return status(404)",
        "select * from orders where id = $1; throw new Error('invalid')",
    ],
)
def test_it_takes_no_other_value_for_a_secret(text: str) -> None:
    assert not asks_for_code(text)


def test_it_tells_a_code_that_people_type_from_the_token_of_a_link() -> None:
    assert asks_for_short_code(".eq('otp_code', code); return status(400)")
    assert not asks_for_short_code(".eq('unsubscribe_token', token); return status(404)")
