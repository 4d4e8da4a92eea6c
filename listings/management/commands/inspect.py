"""Examine a file without a server: what it holds, whom it tells of, how good it is, and the grade that follows."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from listings.corpora.licences import REASONS, ChainVerdict, Source, judge_chain
from listings.examination import Examination, examine
from listings.grading.detectors import LABELS
from listings.grading.grade import GRADES, PERSONAL_INFORMATION, Facts
from listings.profiling.observing import Observer
from listings.profiling.profile import TableProfile
from listings.profiling.reading import FORMATS, detect_format, profile_file
from listings.profiling.refusals import REFUSALS, WARNINGS, Refusal, sentence
from listings.quality.score import Declared

HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
LONGEST_CELL = 40


class Command(BaseCommand):
    """Needs the file alone; no database, no Redis, no network."""

    help = "Print a file's encoding, dialect, profile, personal data, quality and proposed grade."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--format", choices=sorted(FORMATS), help="take the file for this instead of looking")
        parser.add_argument("--encoding", default="", help="the encoding it is declared to have")
        parser.add_argument("--declared-grade", choices=GRADES, default="", help="the grade that its provider declares")
        parser.add_argument(
            "--sources",
            type=Path,
            metavar="FILE",
            help='judge a licence chain too: {"offered": "COMMERCIAL", "sources": [{"name", "licence"}, …]}',
        )
        parser.add_argument(
            "--declared-personal-information",
            choices=PERSONAL_INFORMATION,
            default="NONE",
            help="the personal information that its provider declares",
        )

    def handle(self, *, file: Path, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"{file}: there is no such file")
        facts = Facts(
            declared_grade=options["declared_grade"],
            declared_personal_information=options["declared_personal_information"],
        )
        chain = _chain(options["sources"]) if options["sources"] else None
        format_code = options["format"] or detect_format(file.name, _head(file))

        def read(observers: Sequence[Observer]) -> TableProfile:
            return _profile(file, format_code, encoding=options["encoding"], observers=observers)

        try:
            found = examine(read, declared=Declared(), facts=facts)
        except Refusal as refusal:
            self._tell_refusal(file, refusal, as_json=options["json"])
            raise SystemExit(1) from None
        if options["json"]:
            told = {"file": file.name, "size": file.stat().st_size, **found.as_json()}
            told |= {"licence_chain": chain.as_json()} if chain else {}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1, default=str))
        else:
            self._tell(file, found)
            if chain:
                self._tell_chain(chain)

    def _tell_refusal(self, file: Path, refusal: Refusal, *, as_json: bool) -> None:
        detail = sentence(REFUSALS, refusal.code, refusal.params)
        if as_json:
            why = {"code": refusal.code, "detail": detail, "position": refusal.position, "params": refusal.params}
            self.stdout.write(json.dumps({"file": file.name, "refusal": why}, ensure_ascii=False, indent=1))
        else:
            self.stderr.write(f"{file}: refused ({refusal.code}). {detail}")

    def _tell(self, file: Path, found: Examination) -> None:
        profile, persons = found.profile, found.scan.persons
        say = self.stdout.write
        say(f"{file.name}: {profile.format}, {profile.rows:,} rows, {len(profile.columns)} columns")
        for what, value in (("encoding", profile.encoding), ("dialect", profile.dialect), ("details", profile.details)):
            if value:
                say(f"{what:<12} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
        for warning in profile.warnings:
            say(f"{'warning':<12} {sentence(WARNINGS, warning['code'], warning['params'])}")

        say("\ncolumns")
        findings = {position: list(found.scan.of_column(position)) for position in range(len(profile.columns))}
        for position, column in enumerate(profile.columns):
            kinds = ", ".join(f"{finding.code} in {finding.share:.0%}" for finding in findings[position])
            bounds = f"{_cell(column['min'])} … {_cell(column['max'])}"
            say(f"  {column['name']:<24} {column['type']:<10} {column['null_share']:>6.1%} empty  {bounds}  {kinds}")

        if found.corpus:
            self._tell_corpus(found.corpus)

        say("\npersonal data")
        for finding in found.scan.findings:
            shown = ", ".join(finding.examples[:3])
            say(f"  {finding.column:<24} {LABELS[finding.code]}: {finding.hits:,} of {finding.checked:,}  {shown}")
        say(f"  about {persons.count:,} persons, {persons.sensitive:,} of them with sensitive data ({persons.basis})")

        quality = found.quality
        say(f"\nquality      {quality.score} of 100, grade {quality.grade}")
        for deduction in quality.deductions:
            say(f"  -{deduction.points:<6} {deduction.dimension}: {deduction.sentence}")
        grade = found.grade
        say(f"\ngrade        {grade.grade}, personal information {grade.personal_information} (a person confirms it)")
        for reason in grade.reasons:
            say(f"  {reason.sentence} ({reason.citation})")

    def _tell_corpus(self, corpus: dict[str, Any]) -> None:
        say = self.stdout.write
        duplicates, personal = corpus["duplicates"], corpus["personal_data"]
        say(f"\ncorpus       {corpus['documents']:,} documents in {', '.join(corpus['text_columns'])}")
        say(f"  {corpus['characters']:,} characters, about {corpus['tokens']:,} tokens ({corpus['token_method']})")
        for language, found in sorted(corpus["languages"].items(), key=lambda each: -each[1]["share"]):
            say(f"  {language:<8} {found['share']:>6.1%} of the characters, {found['documents']:,} documents")
        say(f"  repeated: {duplicates['exact_share']:.1%} exactly, {duplicates['near_share']:.1%} nearly")
        say(f"  {personal['share']:.2%} of the documents hold a number by which a person is known")

    def _tell_chain(self, chain: ChainVerdict) -> None:
        verdict = "compatible" if chain.compatible else "not compatible"
        self.stdout.write(f"\nlicences     {verdict} with {chain.offered} ({chain.rule_set}, no legal advice)")
        for source in chain.sources:
            why = REASONS[source.reason] if source.reason else ", ".join(source.duties)
            self.stdout.write(f"  {source.name}: {source.licence}  {why}")


def _chain(file: Path) -> ChainVerdict:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        sources = [Source(name=str(each["name"]), licence=str(each["licence"])) for each in told["sources"]]
        return judge_chain(sources, offered=str(told["offered"]), on=timezone.localdate())
    except (OSError, ValueError, KeyError, TypeError, LookupError) as error:
        raise CommandError(f"{file}: the sources could not be read: {error}") from None


def _head(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(HEAD_BYTES)


def _profile(file: Path, format_code: str, *, encoding: str, observers: Sequence[Observer]) -> TableProfile:
    with file.open("rb") as source:
        return profile_file(
            format_code,
            chunks=_chunks(file),
            open_seekable=lambda: source,
            size=file.stat().st_size,
            declared_encoding=encoding,
            observers=observers,
        )


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk


def _cell(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
