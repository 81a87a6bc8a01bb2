"""The file of tokens, and `luce token`."""

import hashlib
import json
import threading
from pathlib import Path

import pytest

from bot.web.access import Role
from bot.web.tokens import Tokens, TokensError
from tests.bot.conftest import Luce
from tests.bot.web.rig import NOW


def test_a_token_is_found_by_its_secret_alone(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    secret = tokens.add("li", Role.STAFF, NOW)
    other = tokens.add("wang", Role.READER, NOW)

    found = tokens.find(secret)
    assert found is not None
    assert (found.name, found.role, found.added) == ("li", Role.STAFF, NOW)
    assert len({secret, other}) == 2
    for wrong in ("", secret[:-1], secret + "x", secret.upper(), found.digest, "li", "\ud800", secret + "x" * 300):
        assert tokens.find(wrong) is None


def test_the_file_holds_digests_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "tokens.json"
    secret = Tokens(path).add("li", Role.STAFF, NOW)

    text = path.read_text("utf-8")
    assert secret not in text
    assert json.loads(text)["tokens"][0]["sha256"] == hashlib.sha256(secret.encode()).hexdigest()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(secret) == len("luce_") + 43


def test_what_another_process_changes_is_seen(tmp_path: Path) -> None:
    serving, elsewhere = Tokens(tmp_path / "tokens.json"), Tokens(tmp_path / "tokens.json")
    assert serving.all() == ()

    secret = elsewhere.add("li", Role.STAFF, NOW)
    assert serving.find(secret) is not None
    assert elsewhere.remove("li")
    assert serving.find(secret) is None
    (tmp_path / "tokens.json").unlink()
    assert serving.all() == ()


def test_tokens_that_are_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    def add(name: str) -> None:
        Tokens(tmp_path / "tokens.json").add(name, Role.READER, NOW)

    adding = [threading.Thread(target=add, args=(f"p{number}",)) for number in range(12)]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()

    assert {token.name for token in Tokens(tmp_path / "tokens.json").all()} == {f"p{number}" for number in range(12)}


@pytest.mark.parametrize("name", ["", "a/b", "a b", "x" * 65, "a\n", "../x"])
def test_a_name_that_could_be_taken_for_something_else_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TokensError, match="no name"):
        Tokens(tmp_path / "tokens.json").add(name, Role.READER, NOW)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"tokens": [1]}', '{"tokens": [{"name": "a", "role": "king"}]}'])
def test_a_file_that_is_no_list_of_tokens_is_told_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokens.json").write_text(content, encoding="utf-8")

    with pytest.raises(TokensError, match=r"tokens\.json"):
        Tokens(tmp_path / "tokens.json").all()


def test_luce_token_makes_lists_and_removes(luce: Luce, tmp_path: Path) -> None:
    environ = {"LUCE_DATA": str(tmp_path)}
    made = luce("token", "add", "坐席一", "--role", "staff", environ=environ)
    secret = made.stdout.decode().strip()
    again = luce("token", "add", "坐席一", "--role", "admin", environ=environ)
    listed = luce("token", "list", environ=environ)

    found = Tokens(tmp_path / "tokens.json").find(secret)
    assert found is not None
    assert (found.name, found.role) == ("坐席一", Role.STAFF)
    assert secret not in made.stderr.decode()
    assert again.returncode == 2
    assert "坐席一" in listed.stdout.decode()
    assert "staff" in listed.stdout.decode()
    assert secret not in listed.stdout.decode()

    assert luce("token", "remove", "坐席一", environ=environ).returncode == 0
    assert luce("token", "remove", "坐席一", environ=environ).returncode == 2
    assert Tokens(tmp_path / "tokens.json").find(secret) is None


def test_the_file_stands_where_the_settings_say(luce: Luce, tmp_path: Path) -> None:
    environ = {"LUCE_TOKENS": str(tmp_path / "who.json")}

    assert luce("token", "add", "li", "--role", "reader", environ=environ).returncode == 0
    assert [token.name for token in Tokens(tmp_path / "who.json").all()] == ["li"]
