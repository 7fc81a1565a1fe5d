"""Pull requests on GitHub: opened once, updated when run again, never doubled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vibeaudit.deliver.body import body, labels, title
from vibeaudit.deliver.forge import Forge
from vibeaudit.deliver.push import Pushed
from vibeaudit.errors import ToolError
from vibeaudit.model import Report, Safety
from vibeaudit.reports.visible import line

if TYPE_CHECKING:
    from github.PullRequest import PullRequest
    from github.Repository import Repository

TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Opened:
    """`state` is opened, updated, unchanged, closed (by a person: left so) or touched."""

    branch: str
    url: str
    state: str


def open_pull_requests(
    forge: Forge, token: str, pushed: Sequence[Pushed], report: Report, lang: str
) -> tuple[Opened, ...]:
    """One pull request a branch, against the default branch. Raises ToolError with GitHub's own word and a hint;
    running again finishes what was left."""
    from github import Auth, Github, GithubException

    client = Github(base_url=forge.api, auth=Auth.Token(token), timeout=TIMEOUT, retry=0)
    try:
        repo = client.get_repo(forge.repo)
        return tuple(_one(repo, forge, p, report, lang) for p in pushed)
    except GithubException as error:
        raise _told(error, forge) from error
    except OSError as error:  # requests' errors are OSErrors
        raise ToolError(
            f"the connection to {forge.host} broke: {type(error).__name__}", "run the same command again"
        ) from error
    finally:
        client.close()


def _one(repo: Repository, forge: Forge, pushed: Pushed, report: Report, lang: str) -> Opened:
    patch = pushed.commit.patch
    owner = forge.repo.split("/", 1)[0]
    known = list(repo.get_pulls(state="all", head=f"{owner}:{pushed.branch}"))
    current = next((p for p in known if p.state == "open"), known[0] if known else None)
    if current is not None and current.state != "open":
        return Opened(pushed.branch, current.html_url, "closed")
    if pushed.state == "touched":
        return Opened(pushed.branch, current.html_url if current else "", "touched")
    wanted = (title(patch, lang), body(patch, report, lang))
    if current is not None:
        changed = (current.title, current.body) != wanted
        if changed:
            current.edit(title=wanted[0], body=wanted[1])
        return Opened(
            pushed.branch, current.html_url, "updated" if changed or pushed.state == "updated" else "unchanged"
        )
    made = repo.create_pull(
        base=repo.default_branch,
        head=pushed.branch,
        title=wanted[0],
        body=wanted[1],
        draft=patch.safety is not Safety.SAFE,
        maintainer_can_modify=True,
    )
    _label(repo, made, labels(patch))
    return Opened(pushed.branch, made.html_url, "opened")


def _label(repo: Repository, pull: PullRequest, names: list[str]) -> None:
    """Posts the object that GitHub's description asks for; the library's own call sends a bare list."""
    requester: Any = pull.requester
    requester.requestJsonAndCheck(
        "POST", f"/repos/{repo.full_name}/issues/{pull.number}/labels", input={"labels": names}
    )


def _told(error: Any, forge: Forge) -> ToolError:
    data = error.data if isinstance(error.data, dict) else {}
    said = line(str(data.get("message", "")), 200) or f"status {error.status}"
    hints = {
        401: "the token is not valid",
        403: "the token may not write pull requests here, or its rate limit is used up: wait, then run again",
        404: f"is {forge.repo} the right repository, and may the token see it?",
        422: "GitHub refused the request; the branch may be protected",
    }
    return ToolError(f"GitHub refused: {said}", hints.get(error.status, "run the same command again"))
