"""`saman import` and `saman export` from the outside."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

from saman.kernel import json
from tests.conftest import Database
from tests.http.cli.conftest import Saman, written

SYNTHEA = Path(__file__).parents[3] / "saman/ops/demo/data/synthea"


def patient(id: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id, "name": [{"text": "Kari Ås"}]} | more


def weight(id: str, value: str, subject: str = "kari") -> bytes:
    return (
        b'{"resourceType":"Observation","id":"%s","status":"final","code":{"text":"weight"},'
        b'"subject":{"reference":"Patient/%s"},"valueQuantity":{"value":%s,"unit":"kg"}}'
    ) % (id.encode(), subject.encode(), value.encode())


def told(saman: Saman, *paths: Path) -> list[list[str]]:
    """The rows that an import without any refusal prints."""
    done = saman("import", *paths)
    assert (done.status, done.err) == (0, "")
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in done.out.splitlines() if "│" in line]


def exported(saman: Saman, folder: Path) -> dict[str, dict[str, Any]]:
    """All resources of an export, by type and id."""
    assert saman("export", folder, "--force").status == 0
    lines = [line for file in folder.iterdir() for line in file.read_bytes().splitlines()]
    resources = [json.decode(line) for line in lines]
    return {f"{one['resourceType']}/{one['id']}": one for one in resources}


def test_ids_and_digits_come_back_and_importing_again_changes_nothing(saman: Saman, tmp_path: Path) -> None:
    lines = [weight("w1", "71.50"), weight("w2", "1.0e2"), json.encode(patient("kari"))]
    file = tmp_path / "some.ndjson.gz"
    file.write_bytes(gzip.compress(b"\n".join(lines)))
    assert told(saman, file) == [["Observation", "2", "", "", ""], ["Patient", "1", "", "", ""]]
    assert told(saman, file) == [["Observation", "", "", "", "2"], ["Patient", "", "", "", "1"]]
    folder = tmp_path / "out"
    found = exported(saman, folder)
    assert found["Patient/kari"]["meta"]["versionId"] == "1"
    text = (folder / "Observation.ndjson").read_text("utf-8")
    assert '"value":71.50,' in text
    assert str(found["Observation/w2"]["valueQuantity"]["value"]) == "1.0E+2"
    assert (folder.stat().st_mode & 0o777, (folder / "Patient.ndjson").stat().st_mode & 0o777) == (0o700, 0o600)
    assert told(saman, folder)[-1] == ["Patient", "", "", "", str(sum(key.startswith("Patient/") for key in found))]


def test_the_database_counts_anew_what_was_taken_in(
    saman: Saman, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its statistics a fresh import is read many times slower than later on."""
    monkeypatch.setenv("SAMAN_DATABASE_ADMIN_URL", database.admin_url)
    readings = [json.decode(weight(f"counted-{number}", "70")) for number in range(40)]
    told(saman, written(tmp_path / "many.ndjson", patient("kari"), *readings))
    with psycopg.connect(database.superuser_url) as connection:
        counted = connection.execute("SELECT reltuples FROM pg_class WHERE relname = 'resource'").fetchone()
    assert counted is not None
    assert counted[0] >= 40


def test_what_differs_becomes_a_new_version(saman: Saman, tmp_path: Path) -> None:
    assert told(saman, written(tmp_path / "a.json", patient("mari"))) == [["Patient", "1", "", "", ""]]
    twice = written(tmp_path / "b.ndjson", patient("mari", active=True), patient("mari", active=False))
    assert told(saman, twice) == [["Patient", "", "2", "", ""]]
    found = exported(saman, tmp_path / "out")["Patient/mari"]
    assert (found["active"], found["meta"]["versionId"]) == (False, "3")


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


@pytest.mark.parametrize("kind", ["collection", "searchset"])
def test_a_collection_is_stored_entry_by_entry(saman: Saman, tmp_path: Path, kind: str) -> None:
    person, uuid = f"{kind}-person", f"urn:uuid:6f1f7a6e-0000-4000-8000-{len(kind):012d}"
    observation = json.decode(weight(f"{kind}-w", "70", "x"))
    observation["subject"] = {"reference": uuid}
    entries = [{"fullUrl": uuid, "resource": patient(person)}, {"resource": observation}]
    warning = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "not-supported"}]}
    if kind == "searchset":
        entries.append({"resource": warning, "search": {"mode": "outcome"}})
    file = written(tmp_path / "c.json", bundle(kind, *entries))
    assert told(saman, file) == [["Observation", "1", "", "", ""], ["Patient", "1", "", "", ""]]
    assert told(saman, file) == [["Observation", "", "", "", "1"], ["Patient", "", "", "", "1"]]
    found = exported(saman, tmp_path / "out")
    assert found[f"Observation/{kind}-w"]["subject"] == {"reference": f"Patient/{person}"}


def test_a_transaction_that_creates_is_done_once(saman: Saman, tmp_path: Path) -> None:
    file = tmp_path / "one.json.gz"
    shutil.copy(sorted(SYNTHEA.glob("*.json.gz"))[0], file)
    first, second = told(saman, file), told(saman, file)
    assert [row[0] for row in first] == [row[0] for row in second]
    assert [row[1] for row in first] == [row[4] for row in second]
    assert all(row[1] == "" for row in second)


def test_a_folder_is_searched_and_order_does_not_matter(saman: Saman, tmp_path: Path) -> None:
    """What refers to something by a condition waits for the file that brings it."""
    known = {"identifier": [{"system": "urn:test", "value": "p1"}]}
    observation = json.decode(weight("by-condition", "70"))
    observation["subject"] = {"reference": "Patient?identifier=urn:test|p1"}
    put = {"method": "PUT", "url": "Observation/by-condition"}
    (tmp_path / "in" / "deep").mkdir(parents=True)
    written(tmp_path / "in" / "a.json", bundle("transaction", {"resource": observation, "request": put}))
    written(tmp_path / "in" / "deep" / "b.json", patient("p1", **known))
    (tmp_path / "in" / "notes.txt").write_text("not FHIR")
    found = told(saman, tmp_path / "in" / "a.json", tmp_path / "in")
    assert found == [["Observation", "1", "", "", ""], ["Patient", "1", "", "", ""]]


BAD = {"resourceType": "Patient", "id": "bad", "birthDate": "Kari 010101 12345"}
POST = {"method": "POST", "url": "Patient"}


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("x.json", json.encode(bundle("transaction", {"resource": patient("good"), "request": POST},
                                      {"resource": BAD, "request": POST})), "Bundle.entry[1].resource.birthDate"),
        ("x.json", json.encode(bundle("batch", {"resource": patient("good"), "request": POST},
                                      {"resource": BAD, "request": POST})), "Bundle.entry[1].resource.birthDate"),
        ("x.json", json.encode(bundle("collection", {"resource": patient("good")}, {"resource": BAD})),
         "Bundle.entry[1].resource.birthDate"),
        ("x.json", json.encode(bundle("collection", {"resource": patient("good")}, {"resource": patient("good")})),
         "Bundle.entry[1]"),
        ("x.json", json.encode(bundle("transaction", {"resource": patient("good")})), "Bundle.entry[0].request"),
        ("x.json", json.encode(BAD), "birthDate"),
        ("x.json", b'{"resourceType": "Patient", ', "JSON"),
        ("x.json", b"[]", "resource"),
        ("x.json.gz", b"not gzip", "x.json.gz: It"),
    ],
)  # fmt: skip
def test_of_a_malformed_file_nothing_is_stored(
    saman: Saman, tmp_path: Path, name: str, content: bytes, place: str
) -> None:
    (tmp_path / name).write_bytes(content)
    before = exported(saman, tmp_path / "out")
    done = saman("import", tmp_path / name)
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith(name)
    assert place in done.err
    assert "Kari" not in done.err
    assert "Traceback" not in done.err
    assert exported(saman, tmp_path / "out") == before


def test_one_bad_file_does_not_hold_up_the_others(saman: Saman, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    written(tmp_path / "in" / "a.json", BAD)
    written(tmp_path / "in" / "b.json", patient("beside-bad"))
    done = saman("import", tmp_path / "in")
    assert done.status == 1
    assert done.err.startswith("a.json, ")
    assert "Patient/beside-bad" in exported(saman, tmp_path / "out")


def refused(saman: Saman, file: Path, *words: str) -> tuple[str, list[str]]:
    """What an import says on stderr, and where the file beside says that something is wrong."""
    done = saman("import", *words, file)
    assert done.status == 1
    assert "Traceback" not in done.err
    assert "Kari" not in done.err
    beside = file.with_name(f"{file.name}.errors")
    assert beside.stat().st_mode & 0o777 == 0o600
    told = [json.decode(line) for line in beside.read_bytes().splitlines()]
    assert {one["resourceType"] for one in told} == {"OperationOutcome"}
    return done.err, [one["issue"][0]["location"][0] for one in told]


def test_bad_lines_keep_no_good_one_back(saman: Saman, tmp_path: Path) -> None:
    lines = [patient("good-1"), BAD, patient("good-2")]
    file = tmp_path / "x.ndjson"
    file.write_bytes(b"\n".join([*map(json.encode, lines), b"", b"{", json.encode(patient("good-3"))]))
    err, places = refused(saman, file)
    assert places == ["line 2, Patient.birthDate", "line 5"]
    assert err.startswith("x.ndjson, line 2, Patient.birthDate: ")
    assert err.endswith(" 2 lines were refused; x.ndjson.errors says why.\n")
    found = exported(saman, tmp_path / "out")
    assert [f"Patient/good-{number}" in found for number in (1, 2, 3)] == [True] * 3
    assert "Patient/bad" not in found


def test_an_import_can_end_at_the_first_bad_line(saman: Saman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saman.ops.importing_batches.TOGETHER", 1)
    file = written(tmp_path / "x.ndjson", BAD, *(patient(f"behind-{number}") for number in range(9)))
    _, places = refused(saman, file, "--stop")
    assert places == ["line 1, Patient.birthDate"]
    assert "Patient/behind-8" not in exported(saman, tmp_path / "out")


def test_of_a_damaged_file_what_could_be_read_is_stored(saman: Saman, tmp_path: Path) -> None:
    file = tmp_path / "x.ndjson.gz"
    file.write_bytes(gzip.compress(json.encode(patient("undamaged")) + b"\n", mtime=0)[:-9])
    err, places = refused(saman, file)
    assert "damaged" in err
    assert len(places) == 1


def test_a_line_that_the_record_refuses_is_named(saman: Saman, tmp_path: Path) -> None:
    """A resource keeps the person it is about."""
    file = tmp_path / "x.ndjson"
    file.write_bytes(weight("moved", "70", "first"))
    assert saman("import", file).status == 0
    file.write_bytes(weight("another", "70", "first") + b"\n" + weight("moved", "70", "second"))
    err, places = refused(saman, file)
    assert err.startswith("x.ndjson, line 2: A resource keeps the person it is about.")
    assert places == ["line 2"]
    assert "Observation/another" in exported(saman, tmp_path / "out")
    told(saman, written(file, json.decode(weight("moved", "70", "first"))))
    assert not file.with_name("x.ndjson.errors").exists()


def test_more_lines_than_a_chunk(saman: Saman, tmp_path: Path) -> None:
    file = tmp_path / "many.ndjson"
    file.write_bytes(b"\n".join(weight(f"m{number}", "70", f"p{number % 7}") for number in range(1203)))
    assert told(saman, file) == [["Observation", "1203", "", "", ""]]
    assert told(saman, file) == [["Observation", "", "", "", "1203"]]
    assert sum(key.startswith("Observation/m") for key in exported(saman, tmp_path / "out")) >= 1203


def test_nothing_to_import_is_refused(saman: Saman, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in ("empty", "missing.json"):
        done = saman("import", tmp_path / path)
        assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert saman("import").status == 2


def test_an_export_leaves_other_peoples_files_alone(saman: Saman, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    for words in ([], ["--force"]):
        done = saman("export", folder, *words)
        assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]
    assert saman("export").status == 2
    assert saman("export", folder / "letter.txt").status == 1


def test_the_index_is_made_whole_once(saman: Saman, tmp_path: Path) -> None:
    told(saman, written(tmp_path / "kari.json", patient("kari-of-the-index")))
    first, second = saman("reindex"), saman("reindex")
    assert first.status == second.status == 0
    assert first.err == second.err
    assert "The index is whole: " in first.err
