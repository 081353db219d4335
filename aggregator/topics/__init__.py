"""Topics: compiles an operator's rules, matches articles against them, and explains every assignment.

    rules = compile_rules(topics, lists)
    matches = match(rules, title=…, text=…, language=…, country=…)

Pure: no file, no clock, no network. docs/topics.md describes the rules to those who write them.
"""

from aggregator.topics.compiling import compile_rules, digest
from aggregator.topics.describing import describe
from aggregator.topics.linting import Problem, problems, run_tests
from aggregator.topics.matching import Verdict, explain, match, match_article
from aggregator.topics.rules import Rules
from aggregator.topics.usage import Usage, habits, usage

__all__ = [
    "Problem",
    "Rules",
    "Usage",
    "Verdict",
    "compile_rules",
    "describe",
    "digest",
    "explain",
    "habits",
    "match",
    "match_article",
    "problems",
    "run_tests",
    "usage",
]
