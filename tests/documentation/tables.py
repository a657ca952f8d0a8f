"""The tables of README and docs, made from the code: ``make readme`` writes, a test compares."""

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from sms_notebook import Client
from sms_notebook.client.check import CHECK
from sms_notebook.client.comparing import ADVICE, COMPARISON
from sms_notebook.ledger import frame_schemas
from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.table import LIST_OPTIONS, RESULT_OPTIONS
from sms_notebook.protocol.actions import ACTIONS, BEYOND
from sms_notebook.protocol.actions.numbers import FILTERS
from sms_notebook.protocol.calls import Action, Call, Effect
from sms_notebook.protocol.errors.codes import DOCUMENTED
from sms_notebook.protocol.errors.sms_error import Speaker, sentences
from sms_notebook.protocol.frames import Schema, tables
from sms_notebook.providers.providers import PROVIDERS
from sms_notebook.providers.row import Provider, Rents
from sms_notebook.sandbox import OPERATORS
from sms_notebook.watching.code_wait import CODE
from sms_notebook.watching.watch import WATCHED

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FRAMES: dict[str, Schema] = {
    "order": frame_schemas.ORDER,
    "rent": frame_schemas.RENT,
    "extend": frame_schemas.RENT,
    "wait_code": CODE,
    "again": tables.STATUS_CHANGE,
    "finish": tables.STATUS_CHANGE,
    "cancel": tables.STATUS,
    "watch": WATCHED,
    "ledger": frame_schemas.LEDGER,
    "reconcile": frame_schemas.SETTLED,
    "reopen_ledger": frame_schemas.REOPENED,
    "budget": frame_schemas.BUDGET,
    "set_budget": frame_schemas.BUDGET,
    "compare": COMPARISON,
    "advise": ADVICE,
    "check": CHECK,
}
"""The frames of methods that are no actions."""
_EFFECTS = {Effect.READ: "", Effect.CHANGE: "changes", Effect.PURCHASE: "**spends**"}


def _call(action: Action) -> str:
    parameters = list(inspect.signature(getattr(Client, action.method)).parameters.values())[1:]
    shown = ", ".join(p.name if p.default is p.empty else f"{p.name}=" for p in parameters)
    return f"`{action.method}({shown})`"


def actions() -> str:
    """All actions: the API's name, the call, what for, the columns, what it does."""
    lines = ["| action | method | what for | columns | |", "|---|---|---|---|---|"]
    for action in ACTIONS.values():
        columns = ", ".join(column.name for column in action.schema.columns)
        what = action.summary.removesuffix(" This spends money.")
        effect = _EFFECTS[action.effect]
        lines.append(f"| {action.name} | {_call(action)} | {what} | {columns} | {effect} |")
    return "\n".join(lines)


def columns() -> str:
    """All columns of all frames, with what has them."""
    schemas = {action.method: action.schema for action in (ACTIONS | BEYOND).values()}
    having: dict[tuple[str, str, str], list[str]] = {}
    for method, schema in (FRAMES | schemas).items():
        for column in schema.columns:
            meaning = column.meaning.replace("|", "\\|")
            having.setdefault((column.name, column.kind.name, meaning), []).append(f"`{method}`")
    lines = ["| column | dtype | what it holds | frames of |", "|---|---|---|---|"]
    for (name, dtype, meaning), methods in sorted(having.items()):
        lines.append(f"| `{name}` | {dtype} | {meaning} | {', '.join(methods)} |")
    return "\n".join(lines)


def beyond() -> str:
    """What is beyond the API documentation, and which providers have it."""
    lines = [
        "| method | what for | columns | providers, and what it is there |",
        "|---|---|---|---|",
    ]
    for action in BEYOND.values():
        columns = ", ".join(column.name for column in action.schema.columns)
        where = [
            f"`{provider.name}` ({provider.request(Call(action, {})).action})"
            for provider in PROVIDERS.values()
            if action.name in provider.beyond
        ]
        lines.append(f"| {_call(action)} | {action.summary} | {columns} | {', '.join(where)} |")
    lines += ["", "| filter of `order`, `get_number`, `get_number_v2` | providers |", "|---|---|"]
    for name, parameter in FILTERS.items():
        having = [f"`{p.name}`" for p in PROVIDERS.values() if name in p.filters]
        lines.append(f"| `{parameter}=` | {', '.join(having)} |")
    return "\n".join(lines)


def providers() -> str:
    """All providers, and what each lacks."""
    lines = ["| `provider=` | who | what to know | lacks | webhooks come from |"]
    lines.append("|---|---|---|---|---|")
    for provider in PROVIDERS.values():
        lacks, sources = ", ".join(provider.lacks), ", ".join(provider.webhook_sources)
        lines.append(
            f"| `{provider.name}` | {provider.title} | {provider.remark} | {lacks} | {sources} |"
        )
    return "\n".join(lines)


def matrix() -> str:
    """What each provider has, in signs."""
    heads = [
        *("`provider=`", "who", "V2", "list", "history", "rents", "tiers", "filters"),
        *("order id", "2nd code", "cancel after", "lives", "currency", "sent by"),
    ]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for provider in PROVIDERS.values():
        cells = [f"`{provider.name}`", provider.title, *_signs(provider)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _signs(provider: Provider) -> list[str]:
    """Return the cells of a provider: yes, no (it lacks that), ? (no source says)."""
    listing = provider.listing
    listed = _sign(provider, "getActiveActivations")
    if listed == "yes" and not listing.is_proof:
        listed = "yes, no proof"
    rents = "no" if provider.rents is Rents.NONE else str(provider.rents.value)
    counts = sorted({str(count.value) for count in provider.tiers.values()})
    tiers = ", ".join(counts) or ("yes" if provider.has("getPricesV2") else "?")
    names = [ACTIONS["getNumber"].extras[name] for name in provider.filters]
    cancel = f"{provider.first_cancel / 60:g} min" if provider.can_cancel else "never"
    lives = f"{provider.life / 60:g}"
    if provider.longest_life:
        lives += f"-{provider.longest_life / 60:g}"
    return [
        _sign(provider, "getNumberV2"),
        listed,
        _sign(provider, "getHistory"),
        rents,
        tiers,
        ", ".join(f"`{name}`" for name in names) or "no",
        "yes" if provider.order_id else "no",
        "yes" if "3" in provider.takes else "no",
        cancel,
        f"{lives} min",
        provider.currency or "?",
        ", ".join(provider.methods),
    ]


def _sign(provider: Provider, action: str) -> str:
    if provider.has(action):
        return "yes"
    return "no" if action in provider.lacks else "?"


class _TableSpeaker(Speaker):
    """Names facts of an error as its attributes."""

    def parameter(self, name: str) -> str:
        facts = ("minimum", "maximum", "until", "retry_after")
        return f"`.{name}`" if name in facts else name


def errors() -> str:
    """All documented codes by their class, and what to do."""
    lines = ["| error | codes | what to do |", "|---|---|---|"]
    by_advice: dict[tuple[str, str], list[str]] = {}
    for code, meaning in DOCUMENTED.items():
        advice = sentences(meaning.hints, _TableSpeaker())
        by_advice.setdefault((meaning.kind.__name__, advice), []).append(code)
    for (name, step), codes in sorted(by_advice.items()):
        shown = ", ".join(f"`{code}`" for code in codes)
        lines.append(f"| `{name}` | {shown} | {step} |")
    return "\n".join(lines)


def commands() -> str:
    """All commands of %sms, and what their options mean."""
    lines = ["| `%sms …` | what it does | actions |", "|---|---|---|"]
    of: dict[tuple[str, str], list[str]] = {}
    for command in COMMANDS.values():
        usage = command.usage.replace("|", "\\|")
        lines.append(f"| `{usage}` | {command.help} | {', '.join(command.actions)} |")
        for option in (argument for argument in command.arguments if argument.is_option):
            written = option.written.replace("|", "\\|")
            also = f"; also `{option.in_python}`" if option.parameter else ""
            of.setdefault((written, option.help + also), []).append(command.name)
    lines += ["", "| option | of | what it means |", "|---|---|---|"]
    for (written, meaning), names in of.items():
        lines.append(f"| `{written}` | {', '.join(names)} | {meaning} |")
    for options, whose in ((LIST_OPTIONS, "lists"), (RESULT_OPTIONS, "all")):
        for option in options:
            names = f"{option.short}, {option.written}" if option.short else option.written
            lines.append(f"| `{names}` | {whose} | {option.help} |")
    return "\n".join(lines)


def operators() -> str:
    """What the sandbox's operators for tests do."""
    rows = (f"| `{name}` | {what} |" for name, what in OPERATORS.items())
    return "\n".join(["| operator | what happens |", "|---|---|", *rows])


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"operators": operators},
    "docs/actions.md": {"actions": actions, "beyond": beyond},
    "docs/columns.md": {"columns": columns},
    "docs/errors.md": {"errors": errors},
    "docs/magics.md": {"commands": commands},
    "docs/providers.md": {"matrix": matrix, "providers": providers},
}
"""The pages that have tables, and what makes each."""


def written(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with its tables as they should be."""
    for name, make in tables.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        assert pattern.search(text), f"there is no place for the table of {name}"
        table = f"{begin}\n{make()}\n{end}"
        text = pattern.sub(lambda _, table=table: table, text)
    return text


if __name__ == "__main__":
    for page, made in PAGES.items():
        path = ROOT / page
        path.write_text(written(path.read_text(encoding="utf-8"), made), encoding="utf-8")
    sys.stdout.write(f"{', '.join(PAGES)}: tables written\n")
