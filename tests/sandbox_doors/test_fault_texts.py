import pytest

from sms_notebook.sandbox import Fault, Faults

READ = {
    "ERROR_SQL:0.05": Fault("ERROR_SQL", 0.05),
    "NO_NUMBERS@getNumber:1": Fault("NO_NUMBERS", 1, "getNumber"),
    "latency:0.2:3": Fault("latency", 0.2, None, "3"),
    "latency@getStatus:1:0.25": Fault("latency", 1, "getStatus", "0.25"),
    "429:1:30": Fault("429", 1, None, "30"),
    "502-after:1": Fault("502-after", 1),
    "BANNED:1:2030-01-31 12:00:00": Fault("BANNED", 1, None, "2030-01-31 12:00:00"),
    " drop-before:0 ": Fault("drop-before", 0),
}


@pytest.mark.parametrize(("text", "fault"), READ.items())
def test_a_fault_is_read_from_its_text(text, fault):
    assert Fault.parse(text) == fault


@pytest.mark.parametrize("fault", READ.values(), ids=str)
def test_a_fault_is_written_as_it_is_read(fault):
    assert str(Fault.parse(str(fault))) == str(fault)


BAD_VALUES = {
    "ERROR_SQL:2": "ERROR_SQL: the probability goes from 0 to 1, not 2.0",
    "ERROR_SQL:often": "ERROR_SQL: the probability goes from 0 to 1, not 'often'",
    "ERROR_SQL:nan": "ERROR_SQL: the probability goes from 0 to 1, not nan",
    "ERROR_SQL@:1": "ERROR_SQL: there is no action ''",
    "ERROR_SQL@getnumber:1": ("ERROR_SQL: there is no action 'getnumber', did you mean getNumber?"),
    "ERROR_SQL:1:5": "ERROR_SQL takes no value",
    "drop-after:1:5": "drop-after takes no value",
    "latency:1:long": "latency: the value is seconds, not 'long'",
    "latency:1:": "latency: the value is seconds, not ''",
    "latency:1:-1": "latency: the value is seconds, not '-1'",
    "429:1:0.5": "429: the value is whole seconds, not '0.5'",
    "BANNED:1:never": "BANNED: the value is a time such as 2030-01-31 12:00:00, not 'never'",
}


@pytest.mark.parametrize(("text", "line"), BAD_VALUES.items())
def test_a_bad_probability_or_value_is_one_clear_line(text, line):
    with pytest.raises(ValueError) as problem:
        Fault.parse(text)
    assert str(problem.value) == line


@pytest.mark.parametrize(
    "text",
    ["", "ERROR_SQL", ":1"],
)
def test_a_bad_form_is_one_line_that_shows_a_good_one(text):
    with pytest.raises(ValueError, match=r"^a fault is NAME.*, such as ERROR_SQL:0\.05, not '.*'$"):
        Fault.parse(text)


@pytest.mark.parametrize(
    ("text", "near"),
    [("ERROR_SGL:1", "ERROR_SQL"), ("drop_after:1", "drop-after"), ("html-befor:1", "html-before")],
)
def test_a_misspelt_name_is_one_line_with_the_nearest(text, near):
    with pytest.raises(ValueError, match=rf"did you mean {near}\?$"):
        Fault.parse(text)


@pytest.mark.parametrize("text", ["bogus:1", "error_sql:1", "500:1", "drop:1"])
def test_an_unknown_name_is_one_line_that_lists_the_names(text):
    with pytest.raises(ValueError) as problem:
        Fault.parse(text)
    line = str(problem.value)
    assert "\n" not in line
    for name in (
        "latency",
        "429",
        "drop-before",
        "5xx-after",
        "cut-after",
        "ERROR_SQL",
        "RENT_DIE",
    ):
        assert name in line


def _run(seed, faults, actions=("getNumber",) * 200):
    drawing = Faults(faults, seed)
    return [tuple(str(fault) for fault in drawing.draw(action)) for action in actions]


def test_the_same_seed_spoils_the_same_requests():
    faults = ["drop-after:0.3", "latency:0.3"]
    assert _run(11, faults) == _run(11, faults)
    assert _run(11, faults) != _run(12, faults)


def test_a_probability_is_kept_to_in_the_long_run():
    struck = sum(map(len, _run(3, ["ERROR_SQL:0.25"], ("getNumber",) * 2000)))
    assert 400 < struck < 600


def test_a_fault_of_one_action_does_not_shift_the_luck_of_the_others():
    faults = ["ERROR_SQL@getStatus:0", "NO_NUMBERS:0.5"]
    assert _run(5, faults, ("getStatus",) * 100) == _run(5, faults, ("getBalance",) * 100)


def test_the_first_fault_that_strikes_decides_and_latency_adds_to_it():
    drawn = _run(1, ["latency:1:1", "NO_NUMBERS:1", "ERROR_SQL:1", "latency:1:2"], ("getNumber",))
    assert drawn == [("latency:1:1", "NO_NUMBERS:1", "latency:1:2")]


def test_strikes_are_counted_by_fault():
    faults = Faults(["ERROR_SQL@getNumber:1", "latency:0"])
    for action in ("getNumber", "getStatus", "getNumber"):
        faults.draw(action)
    assert faults.fired() == {"ERROR_SQL@getNumber": 2}
    assert faults.requests() == 3


def test_faults_can_be_changed_while_they_run():
    faults = Faults()
    assert faults.draw("getNumber") == ()
    faults.set(["NO_NUMBERS:1", Fault("latency", 1)])
    assert [fault.name for fault in faults.draw("getNumber")] == ["NO_NUMBERS", "latency"]
    faults.clear()
    assert faults.draw("getNumber") == ()


def test_a_bad_change_leaves_the_faults_as_they_were():
    faults = Faults(["NO_NUMBERS:1"])
    with pytest.raises(ValueError, match="unknown fault 'bogus'"):
        faults.set(["ERROR_SQL:1", "bogus:1"])
    assert [str(fault) for fault in faults.current()] == ["NO_NUMBERS:1"]


def test_one_text_in_place_of_a_list_is_refused():
    with pytest.raises(TypeError, match="list"):
        Faults("ERROR_SQL:1")
