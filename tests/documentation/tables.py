"""The README's tables, made from the code: ``make readme`` writes them, a test compares them."""

import inspect
import re
import sys
from pathlib import Path

from sms_notebook import Client
from sms_notebook.client.providers import PROVIDERS
from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.table import LIST_OPTIONS, RESULT_OPTIONS
from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.calls import Effect
from sms_notebook.protocol.errors.codes import DOCUMENTED

README = Path(__file__).parents[2] / "README.md"
_EFFECTS = {Effect.READ: "", Effect.CHANGE: "changes", Effect.PURCHASE: "**spends**"}


def actions() -> str:
    """All actions: the API's name, the call, what for, the columns, what it does."""
    lines = ["| action | method | what for | columns | |", "|---|---|---|---|---|"]
    for action in ACTIONS.values():
        parameters = list(inspect.signature(getattr(Client, action.method)).parameters.values())[1:]
        shown = ", ".join(p.name if p.default is p.empty else f"{p.name}=" for p in parameters)
        columns = ", ".join(column.name for column in action.schema.columns)
        what = action.summary.removesuffix(" This spends money.")
        effect = _EFFECTS[action.effect]
        lines.append(
            f"| {action.name} | `{action.method}({shown})` | {what} | {columns} | {effect} |"
        )
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


def errors() -> str:
    """All documented codes by their class, and what to do."""
    lines = ["| error | codes | what to do |", "|---|---|---|"]
    by_advice: dict[tuple[str, str], list[str]] = {}
    for code, meaning in DOCUMENTED.items():
        by_advice.setdefault((meaning.kind.__name__, meaning.next_step), []).append(code)
    for (name, next_step), codes in sorted(by_advice.items()):
        step = re.sub(r"\{(\w+)[^}]*\}", r"`.\1`", next_step)
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
            of.setdefault((written, option.help), []).append(command.name)
    lines += ["", "| option | of | what it means |", "|---|---|---|"]
    for (written, meaning), names in of.items():
        lines.append(f"| `{written}` | {', '.join(names)} | {meaning} |")
    for options, whose in ((LIST_OPTIONS, "lists"), (RESULT_OPTIONS, "all")):
        for option in options:
            names = f"{option.short}, {option.written}" if option.short else option.written
            lines.append(f"| `{names}` | {whose} | {option.help} |")
    return "\n".join(lines)


TABLES = {"actions": actions, "commands": commands, "providers": providers, "errors": errors}


def written(text: str) -> str:
    """Return the README with its tables as they should be."""
    for name, make in TABLES.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        assert pattern.search(text), f"README.md has no place for the table of {name}"
        table = f"{begin}\n{make()}\n{end}"
        text = pattern.sub(lambda _, table=table: table, text)
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("README.md: tables written\n")
