from pathlib import Path

import pytest

from churn_service.training.config import ColumnConfig, nearest, parse_config, read_config
from churn_service.training.errors import ConfigError

TWO_LINES = b'[data]\ntarget = " Left "\npositive = "yes"\n'


def test_two_lines_are_enough() -> None:
    config = parse_config(TWO_LINES)

    assert (config.target, config.positive, config.id, config.columns) == ("Left", "yes", None, {})


@pytest.mark.parametrize(
    ("text", "positive"),
    [("1", "1"), ("true", "true"), ('"Yes"', "Yes"), ("2.5", "2.5")],
)
def test_positive_is_compared_as_text(text: str, positive: str) -> None:
    assert parse_config(f'[data]\ntarget="t"\npositive={text}'.encode()).positive == positive


def test_a_byte_order_mark_does_not_count() -> None:
    assert parse_config(b"\xef\xbb\xbf" + TWO_LINES).target == "Left"


def test_everything_about_a_column_can_be_overruled() -> None:
    text = TWO_LINES + (
        b'[columns.Spend]\ntype="number"\nblank=0\nmin=-1\nmax=9\nunknown="other"\n'
        b'actionable=true\nsensitive=true\nunit="EUR"\nlabel="Spent"\n'
    )

    assert parse_config(text).columns["Spend"] == ColumnConfig(
        type="number",
        blank=0.0,
        min=-1.0,
        max=9.0,
        unknown="other",
        actionable=True,
        sensitive=True,
        unit="EUR",
        label="Spent",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[dat]\n", r"\[dat\] is unknown; did you mean 'data'\?"),
        ("[data]\ntaget = 'x'", r"\[data\] taget is unknown; did you mean 'target'\?"),
        ("data = 3", r"data must be a table: write \[data\]"),
        ("[data]\npositive = 'x'", r"\[data\] target must name a column"),
        ("[data]\ntarget = 3\npositive = 'x'", r"\[data\] target must name a column"),
        ("[data]\ntarget = 'x'", r"\[data\] positive must be the value that means"),
        ("[data]\ntarget = 'x'\npositive = ''", r"\[data\] positive"),
        ("[data]\ntarget = 'x'\npositive = 1\nid = ' '", r"\[data\] id must name a column"),
        ("[data]\ntarget = 'x'\npositive = 1\nhorizon_days = 0", "horizon_days must be a whole"),
        ("[data]\ntarget = 'x'\npositive = 1\nhorizon_days = true", "horizon_days must be a whole"),
        ("[data]\ntarget='x'\npositive=1\nid=['a', 'a']", r"\[data\] id names a column twice"),
        (
            "[data]\ntarget='x'\npositive=1\n[columns.A]\norder='a'",
            "order must be a list of levels",
        ),
        ("[data\n", "is not TOML in UTF-8"),
        ("[data]\ntarget='x'\npositive=1\n[columns]\nA=1", r"write \[A\]"),
        ("[data]\ntarget='x'\npositive=1\n[columns.A]\ntyp='x'", "did you mean 'type'"),
        ("[data]\ntarget='x'\npositive=1\n[columns.A]\ntype='text'", "type must be one of number"),
        ("[data]\ntarget='x'\npositive=1\n[columns.A]\nmin='a'", "min must be a number"),
        ("[data]\ntarget='x'\npositive=1\n[columns.A]\nmax=true", "max must be a number"),
        ("[data]\ntarget='x'\npositive=1\n[columns.A]\nblank=true", "blank must be the number"),
        ("[data]\ntarget='x'\npositive=1\n[columns.A]\nunknown='x'", 'unknown must be "error"'),
        ("[data]\ntarget='x'\npositive=1\n[columns.A]\nactionable=1", "must be true or false"),
        ("[data]\ntarget='x'\npositive=1\n[columns.A]\nlabel=1", "must be a text in quotes"),
    ],
)
def test_a_wrong_key_is_named_with_its_rule(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(text.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ConfigError, match="UTF-8"):
        parse_config(b"\xff\xfe")


def test_a_file_error_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read"):
        read_config(tmp_path / "missing.toml")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[data]")
    with pytest.raises(ConfigError, match=r"wrong\.toml: \[data\] target"):
        read_config(wrong)


def test_the_known_names_are_listed_when_none_is_near() -> None:
    assert nearest("zzz", ["b", "a"]) == "; known are a, b"
