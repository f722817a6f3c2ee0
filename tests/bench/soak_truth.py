"""What every viewer of the soak must see, worked out from the server's own state, not from its frames."""

from tests.bench.soak_viewer import Json, Viewer


class Truth:
    """What everybody must see."""

    def __init__(self, truth: Json) -> None:
        self._rooms = {room["slug"]: room for room in truth["rooms"]}
        self._listing = truth["listing"]
        self._users: dict[tuple[str, frozenset[str]], dict[str, Json]] = {}

    def difference(self, viewer: Viewer) -> str | None:
        """Name the first thing that a viewer sees otherwise."""
        view, kind = viewer.view, viewer.kind
        assert view is not None
        room = self._rooms[view.slug]
        seen, there = view.users, self._users_of(view.slug, kind.tracked)
        if kind.is_old:
            leaving = set(room["leaving"])
            seen = {
                uid: user for uid, user in seen.items() if uid not in leaving or user["status"] != "offline"
            }
        if seen != there:
            return _first_difference(seen, there)
        facts: list[tuple[str, object, object]] = [("application", view.client, room["client"])]
        if not kind.is_old:
            missed = {*view.missed, *range(view.number + 1, room["number"] + 1)}
            facts.append(("messages missed", sorted(missed - set(room["taken_back"])), []))
        if kind.events:
            facts.append(("channels", view.channels, room["channels"]))
        if "servers" in kind.events:
            facts.append(("listing", viewer.listing, self._listing))
        return next((f"{name}: sees {mine}, is {its}" for name, mine, its in facts if mine != its), None)

    def _users_of(self, slug: str, tracked: frozenset[str]) -> dict[str, Json]:
        key = slug, tracked
        if key not in self._users:
            self._users[key] = {
                member["uid"]: {name: value for name, value in _user(member).items() if name in tracked}
                for member in self._rooms[slug]["members"]
            }
        return self._users[key]


def _user(member: Json) -> Json:
    voice = member["voice"]
    return {
        "uid": member["uid"],
        "username": member["username"],
        "status": member["status"],
        "roleColor": member["role_color"],
        "bot": member["bot"],
        "avatar": member["avatar"],
        "activity": member["activity"],
        "voice": voice
        and {
            "channel": voice["channel"],
            "channelName": voice["channel_name"],
            "muted": voice["muted"],
            "deafened": voice["deafened"],
            "streaming": voice["streaming"],
        },
    }


def _first_difference(seen: dict[str, Json], there: dict[str, Json]) -> str:
    different = [uid for uid in seen.keys() | there.keys() if seen.get(uid) != there.get(uid)]
    uid = different[0]
    return f"{len(different)} members, such as {uid}: sees {seen.get(uid)}, is {there.get(uid)}"
