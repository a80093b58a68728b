"""The pages in a real browser: requests are tried, keyboards suffice, narrow screens fit."""

from typing import Any

import pytest

SEND = """(async () => {
  const form = document.querySelector('#%s form.try');
  form.requestSubmit();
  while (!form.querySelector('[data-answer] pre')) await new Promise(requestAnimationFrame);
  return form.querySelector('[data-answer]').textContent;
})()"""


def test_an_example_is_sent_and_its_answer_shown(browser: Any, address: str) -> None:
    browser.open(f"{address}/docs#predict")
    browser.wait_for("document.getElementById('predict').open")
    answer = browser.ask(SEND % "predict")
    assert answer.startswith("200 OK")
    assert '"churn_probability": 0.' in answer
    assert "x-model-version" in answer
    assert browser.complaints == []


def test_another_example_fills_the_body_and_its_problem_is_shown(
    browser: Any, address: str
) -> None:
    browser.open(f"{address}/docs")
    browser.ask("""(() => {
      const chosen = document.querySelector('#predict [data-examples]');
      chosen.selectedIndex = [...chosen.options].findIndex((o) => o.text.includes('missing'));
      chosen.dispatchEvent(new Event('change', {bubbles: true}));
    })()""")
    answer = browser.ask(SEND % "predict")
    assert answer.startswith("422")
    assert "/problems/invalid-customers" in answer


def test_an_example_brings_its_headers(browser: Any, address: str) -> None:
    browser.open(f"{address}/docs")
    browser.ask("""(() => {
      const chosen = document.querySelector('#predict [data-examples]');
      chosen.selectedIndex = [...chosen.options].findIndex((o) => o.text.includes('beside'));
      chosen.dispatchEvent(new Event('change', {bubbles: true}));
    })()""")
    answer = browser.ask(SEND % "predict")
    assert answer.startswith("200 OK")
    assert "x-invalid-rows: 1" in answer
    assert '"code": "missing"' in answer


def test_a_pasted_key_is_sent_and_parameters_stand_in_the_path(browser: Any, address: str) -> None:
    browser.open(f"{address}/docs")
    asked = browser.ask("""(async () => {
      const seen = [];
      window.fetch = async (url, options) => {
        seen.push(url, options.headers.get('X-API-Key'), options.credentials);
        return new Response('{}', {headers: {'Content-Type': 'application/json'}});
      };
      document.getElementById('access-key').value = ' chk_test_key ';
      const form = document.querySelector('#model form.try');
      form.querySelector('[name=wanted]').value = 'a/b';
      form.requestSubmit();
      while (!form.querySelector('[data-answer] pre')) await new Promise(requestAnimationFrame);
      return seen;
    })()""")
    assert asked == ["/models/a%2Fb", "chk_test_key", "same-origin"]


def test_a_service_that_is_gone_is_told(browser: Any, address: str) -> None:
    browser.open(f"{address}/docs")
    told = browser.ask("""(async () => {
      window.fetch = async () => { throw new TypeError('Failed to fetch'); };
      const form = document.querySelector('#schema form.try');
      form.requestSubmit();
      while (!form.querySelector('.field-error')) await new Promise(requestAnimationFrame);
      return form.querySelector('[data-answer]').textContent;
    })()""")
    assert told == "No answer: Failed to fetch"


@pytest.mark.parametrize("width", [320, 768, 1200])
@pytest.mark.parametrize("path", ["/docs", "/score", "/what-if"])
def test_no_screen_scrolls_sideways(browser: Any, address: str, path: str, width: int) -> None:
    browser.open(f"{address}{path}", width=width)
    browser.ask("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert browser.ask("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/score", "/what-if"])
def test_a_form_is_sent_by_keyboard_alone_and_its_answer_fits(
    browser: Any, address: str, path: str
) -> None:
    browser.open(f"{address}{path}", width=320)
    browser.ask("document.getElementById('field-tenure').focus()")
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    browser.call("Input.dispatchKeyEvent", type="keyDown", **key)
    browser.wait_for("document.querySelector('#as-curl') !== null")
    assert browser.ask("location.pathname") == path
    assert browser.ask("document.documentElement.scrollWidth") <= 320
    assert browser.complaints == []
