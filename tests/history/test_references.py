"""What people call a connection or a job."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airweave_sync_mcp.history.errors import QueryError
from airweave_sync_mcp.history.model import Connection
from airweave_sync_mcp.history.references import (
    MAX_CANDIDATES,
    match_connections,
    one_connection,
    plain,
    read_job_reference,
    short_ids,
)
from tests.history.kit import PROPERTY, connection
from tests.support.examples import CHARACTERS

ID = "3db0de21-6607-44da-b7ef-fb4d8120f7ba"
GITHUB = connection("Acme GitHub", id=ID)
PRODUCT = connection("Équipe Produit – 製品ドキュメント 📚", source="coda", id="3db0de22-0000-4000-8000-000000000001")
TWIN = connection("Product Notion", source="notion", id="aaaa0000-1111-4000-8000-000000000001")
OTHER_TWIN = connection("product  notion", source="notion", id="aaaa0000-2222-4000-8000-000000000001")
WORD = connection("Deadbeef Archive", id="bbbb0000-0000-4000-8000-000000000001")
HEX = connection("cafe1234", id="cccc0000-0000-4000-8000-000000000001")
ODD_ID = connection("Old Jira (2026)", source="jira", id="42")
ALL = [GITHUB, PRODUCT, TWIN, OTHER_TWIN, WORD, HEX, ODD_ID]


def found(text: str) -> Connection:
    return one_connection(text, ALL)


def refusal(text: str, connections: list[Connection] | None = None) -> QueryError:
    with pytest.raises(QueryError) as caught:
        one_connection(text, ALL if connections is None else connections)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "Acme GitHub", "acme github", "ACME GITHUB", "  acme   GitHub ", "github", "acme",
        "Ａcme GitHub",  # full width
        "Acme\u200b Git\u00adHub",  # zero width space, soft hyphen
        "Acme\u00a0GitHub", "Acme\nGitHub", "\ufeffAcme GitHub\u202e",
    ],
)  # fmt: skip
def test_a_name_in_any_spelling_of_people(text: str) -> None:
    assert found(text) is GITHUB


@pytest.mark.parametrize("text", ["équipe produit", "E\u0301QUIPE PRODUIT", "製品ドキュメント", "📚", "ÉQUIPE"])
def test_a_name_of_any_script(text: str) -> None:
    assert found(text) is PRODUCT


@pytest.mark.parametrize(
    "text", [ID, ID.upper(), ID.replace("-", ""), f" {ID} ", "3db0de21", "3DB0DE21", "3db0de216607", "3db0de21-66"]
)
def test_an_id_in_any_spelling_and_the_beginning_of_one(text: str) -> None:
    assert found(text) is GITHUB


@pytest.mark.parametrize(
    "text",
    [
        f"https://api.airweave.ai/source-connections/{ID}",
        f"https://api.airweave.ai/source-connections/{ID}/jobs?limit=5",
        f"http://localhost:8001/v1/source-connections/{ID.upper()}/run",
        f"https://app.airweave.ai/collections/engineering-a4k2m?source_connection_id={ID}",
        f"https://app.airweave.ai/collections/x?tab=1&source_connection_id={ID.replace('-', '')}#top",
    ],
)
def test_a_url_that_holds_an_id(text: str) -> None:
    assert found(text) is GITHUB


@pytest.mark.parametrize(
    "text",
    [
        "https://app.airweave.ai/collections/x", "https://", "http://[broken", f"https://x/jobs/{ID}",
        "https://x?source_connection_id=me", "https://x/source-connections/", "ftp://acme github",
    ],
)  # fmt: skip
def test_a_url_that_holds_none_is_an_error(text: str) -> None:
    assert refusal(text).code == "unusable_url"


def test_labels_as_answers_write_them() -> None:
    assert found("Product Notion (aaaa0000-1)") is TWIN
    assert found("Product Notion (AAAA0000-2222)") is OTHER_TWIN
    assert found("a name that had to be cleaned (3db0de21-6607)") is GITHUB
    assert found("Old Jira (2026)") is ODD_ID


def test_parentheses_that_are_no_label_are_part_of_a_name() -> None:
    one = connection("My Jira (deadbeef) prod")
    assert one_connection("jira (deadbeef)", [one, GITHUB]) is one


def test_a_name_made_of_hex_digits() -> None:
    assert found("cafe1234") is HEX
    assert found("deadbeef") is WORD
    # A name that is the beginning of another's id as well: a question, no guess.
    other = connection("other", id="cafe1234-0000-4000-8000-000000000000")
    assert refusal("cafe1234", [HEX, other]).code == "ambiguous_connection"
    # A whole id is no question.
    assert one_connection(other.id, [connection(other.id), other]) is other


@pytest.mark.parametrize(
    "name", ["deadbeef-dead-beef", "https://wiki.example/start", "3db0de21-6607-44da-b7ef-fb4d8120f7bb"]
)
def test_a_name_that_looks_like_an_id_or_a_url(name: str) -> None:
    one = connection(name)
    assert one_connection(name.upper(), [one, *ALL]) is one


def test_ids_that_are_no_uuids() -> None:
    assert found("42") is ODD_ID


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_reference_is_an_error(text: str) -> None:
    assert refusal(text).code == "empty_reference"


@pytest.mark.parametrize(
    "text", ["\u200b", "nothing like it", "3db0de23", "3db0de2", "00000000-0000-4000-8000-000000000000"]
)
def test_what_matches_nothing_is_not_found(text: str) -> None:
    error = refusal(text)
    assert error.code == "connection_not_found"
    assert f"among {len(ALL)}" in error.message


def test_a_whole_name_beats_a_part_of_another() -> None:
    longer = connection("Acme GitHub Enterprise")
    assert one_connection("acme github", [longer, GITHUB]) is GITHUB


def test_two_of_the_same_name_are_listed_with_what_tells_them_apart() -> None:
    error = refusal("product notion")
    assert error.code == "ambiguous_connection"
    assert "matches 2 source connections" in error.message
    assert "Product Notion (notion, engineering-a4k2m, id aaaa0000-1)" in error.message
    assert "product  notion (notion, engineering-a4k2m, id aaaa0000-2)" in error.message
    assert found("aaaa0000-1") is TWIN


def test_a_prefix_that_fits_several_is_ambiguous() -> None:
    assert refusal("aaaa0000").code == "ambiguous_connection"


def test_only_some_of_many_candidates_are_listed() -> None:
    many = [connection(f"GitHub {number}") for number in range(20)]
    message = refusal("github", many).message
    assert message.count("id ") == MAX_CANDIDATES
    assert f"and {20 - MAX_CANDIDATES} more" in message


def test_what_was_asked_for_is_repeated_only_in_part() -> None:
    assert len(refusal("x" * 5_000).message) < 200


def test_near_names_are_suggested() -> None:
    hint = refusal("the Acme Gitlab").hint
    assert hint == "Did you mean: Acme GitHub?"
    assert "Product Notion; product  notion" in refusal("notion wiki").hint
    assert "Équipe" in refusal("our coda docs").hint  # by its source
    assert "list_connections" in refusal("zzz").hint


def test_no_connections_at_all() -> None:
    assert refusal("github", []).code == "connection_not_found"
    assert match_connections("github", []) == []


# Jobs


@pytest.mark.parametrize(
    "text", [ID, ID.upper(), ID.replace("-", ""), f"https://x/source-connections/{ID}/jobs/{ID}/cancel"]
)
def test_a_job_by_its_id_or_url(text: str) -> None:
    reference = read_job_reference(text)
    assert (reference.id_prefix, reference.whole) == (ID, True)


def test_a_job_by_the_beginning_of_its_id() -> None:
    reference = read_job_reference(" 3DB0DE2166 ")
    assert (reference.id_prefix, reference.whole) == ("3db0de21-66", False)


@pytest.mark.parametrize("text", ["", "newest", "3db0de2", "Acme GitHub", ID + "0", "g" * 36])
def test_what_is_no_job_id_is_an_error_that_says_what_is(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        read_job_reference(text)
    assert caught.value.code == "malformed_id"
    assert "latest_failed" in caught.value.hint


def test_a_job_url_without_a_job_is_an_error() -> None:
    with pytest.raises(QueryError) as caught:
        read_job_reference(f"https://x/source-connections/{ID}")
    assert (caught.value.code, "job id" in caught.value.message) == ("unusable_url", True)


# Names and short ids


@PROPERTY
@given(st.text(CHARACTERS, max_size=30))
def test_a_name_is_always_found_by_itself_in_any_case(name: str) -> None:
    one = connection(name, id="3db0de21-0000-4000-8000-000000000001")
    for text in (name, name.upper(), f" {name}\u200b"):
        if plain(text) and plain(text) == plain(name) and "://" not in text:
            assert one_connection(text, [one]) is one


UUIDS = st.uuids().map(str)
NEAR = st.text("0123456789abcdef", min_size=3, max_size=3).map(lambda end: f"3db0de21-6607-44da-b7ef-fb4d8120f{end}")
NEARER = st.sampled_from("0123456789ab").map(lambda digit: f"3db0de21-{digit}607-44da-b7ef-fb4d8120f7ba")


@PROPERTY
@given(st.lists(UUIDS | NEAR | NEARER, max_size=12), st.lists(UUIDS | NEAR, max_size=12))
def test_short_ids_are_unique_understood_and_as_short_as_can_be(ids: list[str], among: list[str]) -> None:
    known = {*ids, *among}
    for one, short in zip(ids, short_ids(ids, among), strict=True):
        digits = short.replace("-", "")
        assert len(digits) >= 8
        assert short[-1] != "-"
        assert [other for other in known if other.startswith(short)] == [one]
        reference = read_job_reference(short)
        assert reference.id_prefix == short
        if len(digits) > 8:
            shorter = short[:-1].rstrip("-")
            assert len([other for other in known if other.startswith(shorter)]) > 1


def test_short_ids_of_nothing() -> None:
    assert short_ids([]) == []
    assert short_ids([ID, ID]) == ["3db0de21", "3db0de21"]
