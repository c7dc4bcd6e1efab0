import pytest

from sim.core.jit import kernel
from sim.core.state import COMPANY, records
from sim.core.wages import piece_rate
from sim.reading import change
from sim.scenario import Scenario, constants


@kernel
def rate_of(companies, par):
    return piece_rate(companies[0], par[0])


def rate(accepted, captured=0.0, step="1 month", **money):
    companies = records(COMPANY, 1)
    companies["accepted"], companies["captured"] = accepted, captured
    table = {"pay": 0.5, "pay_purse": "30 per month", "payroll": 0.25} | money
    return rate_of(companies, constants(change(Scenario("pay"), money=table, time={"step": step})))


def test_pay__is_full_until_the_purse_is_spent():
    assert rate(0) == rate(1) == rate(60) == 0.5
    assert rate(61) == pytest.approx(30 / 61)
    assert rate(6000) == pytest.approx(30 / 6000)


def test_pay__of_a_company_that_earns_comes_from_a_part_of_what_it_captures():
    assert rate(240, captured=100.0) == rate(240, captured=120.0) == pytest.approx(30 / 240)
    assert rate(240, captured=300.0) == pytest.approx(75 / 240)
    assert rate(240, captured=480.0) == rate(240, captured=1e6) == 0.5
    assert rate(240, captured=1e6, payroll=0.0) == pytest.approx(30 / 240)


def test_pay__without_purse_and_earnings_is_none():
    assert rate(5, pay_purse="0 per month") == 0
    assert rate(5, pay=0.0) == 0


def test_purse__of_a_step_is_in_proportion_to_its_length():
    month = 365.25 / 12
    assert rate(50, step="1 day") == pytest.approx(30 / month / 50)
    assert rate(50, step="7 days") == pytest.approx(7 * 30 / month / 50)
