#!/usr/bin/env python3
"""Random recurrence rules and what python-dateutil makes of them, for the tests of server/src/automation/schedule.

    oracle.py COUNT [SEED] > cases.txt      cases as the test reads them
    oracle.py --show 'RULE' BEGIN AFTER ZONE   what one of them is thought to mean

Each line is: the rule, the wall time it begins at, the wall time after which occurrences are wanted, and a checksum of
the next ones in each zone. dateutil is given wall time without a zone; what that is in a zone is RFC 5545's, section
3.3.5: before a gap the offset from before it, of two the first.
"""

import random
import signal
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/St_Johns",
]
WANTED = 8
SHIFT = timedelta(hours=26)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def some(dice, low, high, most, signed=False):
    values = dice.sample(range(low, high + 1), dice.randint(1, min(most, high - low + 1)))
    if signed:
        values = [-v if dice.random() < 0.4 else v for v in values]
    return ",".join(map(str, sorted(set(values))))


def rule(dice):
    freq = dice.choice(["MINUTELY", "HOURLY", "DAILY", "DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY"])
    often = freq in ("MINUTELY", "HOURLY")
    parts = {}

    def maybe(chance, name, value):
        if dice.random() < chance:
            parts[name] = value()

    maybe(0.4, "INTERVAL", lambda: str(dice.randint(1, 20)))
    maybe(0.2, "BYMONTH", lambda: some(dice, 1, 12, 4))
    if freq == "YEARLY":
        maybe(0.1, "BYWEEKNO", lambda: some(dice, 1, 53, 3, True))
    if freq == "YEARLY" or often:
        maybe(0.1, "BYYEARDAY", lambda: some(dice, 1, 366, 6, True))
    if freq != "WEEKLY":
        maybe(0.25, "BYMONTHDAY", lambda: some(dice, 1, 31, 6, True))
    if freq in ("MONTHLY", "YEARLY") and "BYWEEKNO" not in parts:
        ordinal = lambda: dice.choice(["", "", "1", "2", "-1", "3", "-2"])
        maybe(0.35, "BYDAY", lambda: ",".join(ordinal() + d for d in dice.sample(DAYS, dice.randint(1, 3))))
    else:
        maybe(0.35, "BYDAY", lambda: ",".join(dice.sample(DAYS, dice.randint(1, 5))))
    maybe(0.4, "BYHOUR", lambda: some(dice, 0, 23, 4))
    maybe(0.4, "BYMINUTE", lambda: some(dice, 0, 59, 3))
    maybe(0.1, "BYSECOND", lambda: str(dice.randint(0, 59)))
    if any(name.startswith("BY") for name in parts):
        maybe(0.15, "BYSETPOS", lambda: some(dice, 1, 4, 2, True))
    if freq == "WEEKLY":
        maybe(0.3, "WKST", lambda: dice.choice(DAYS))
    maybe(0.15, "COUNT", lambda: str(dice.randint(1, 40)))
    return freq, parts


def resolve(wall, zone):
    return int(wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc).timestamp())


def ambiguous(wall, zone):
    one, other = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    real = one.astimezone(timezone.utc).astimezone(zone).replace(tzinfo=None) == wall
    return real and one.utcoffset() != other.utcoffset()


def occurrences(freq, parts, start, after, zone, walls):
    """The next ones after a moment in one zone, in epoch seconds."""
    until = parts.get("UNTIL")
    until = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp() if until else None
    begin = resolve(after, zone)
    by = [name for name in parts if name.startswith("BY")]
    interval = int(parts.get("INTERVAL", 1))
    found = set()
    if freq in ("MINUTELY", "HOURLY") and not by:
        step = interval * (60 if freq == "MINUTELY" else 3600)
        anchor = resolve(start, zone)
        first = max(0, (begin - anchor) // step)
        count = int(parts.get("COUNT", 10**9))
        found = {anchor + n * step for n in range(first, min(count, first + WANTED + 3))}
    else:
        both = freq == "HOURLY" and interval == 1 and set(by) <= {"BYMINUTE", "BYSECOND", "BYSETPOS"}
        for wall in walls:
            at = resolve(wall, zone)
            found.add(at)
            if both and ambiguous(wall, zone):
                found.add(int(wall.replace(tzinfo=zone, fold=1).timestamp()))
    return [at for at in sorted(found) if at > begin and (until is None or at <= until)][:WANTED]


def walls_of(text, start, after):
    """Wall times from before `after` on, enough for every zone."""
    rule = rrulestr(text, dtstart=start)
    near = rule.xafter(after - SHIFT, inc=True)
    walls, beyond = [], 0
    for wall in near:
        walls.append(wall)
        beyond += wall > after
        # What a gap moves back lies among those that follow within a day.
        if beyond > WANTED and wall > walls[len(walls) - beyond + WANTED - 1] + SHIFT:
            break
    return walls


def checksum(lists):
    value = 0xCBF29CE484222325
    for one in lists:
        for byte in (",".join(map(str, one)) + ";").encode():
            value = ((value ^ byte) * 0x100000001B3) % 2**64
    return f"{value:016x}"


def without_until(parts):
    return {name: value for name, value in parts.items() if name != "UNTIL"}


def written(freq, parts):
    return ";".join([f"FREQ={freq}"] + [f"{name}={value}" for name, value in parts.items()])


def case(dice):
    freq, parts = rule(dice)
    start = datetime(2010, 1, 1) + timedelta(minutes=dice.randint(0, 60 * 24 * 365 * 16))
    ahead = {"MINUTELY": 20, "HOURLY": 300}.get(freq, 1500)
    after = start + timedelta(minutes=dice.randint(-1, 60 * 24 * ahead))
    if "COUNT" in parts:
        after = start - timedelta(minutes=1)
    elif dice.random() < 0.1:
        parts["UNTIL"] = (after + timedelta(hours=dice.randint(1, 9000))).strftime("%Y%m%dT%H%M%SZ")
    if freq == "HOURLY" and parts.get("INTERVAL") in ("24", "720"):
        return None
    walls = walls_of(written(freq, without_until(parts)), start, after)
    # The tables of zones end before the rules do.
    if walls and walls[-1].year > 2037:
        return None
    lists = [occurrences(freq, parts, start, after, ZoneInfo(name), walls) for name in ZONES]
    text = written(freq, parts)
    stamp = "%Y%m%dT%H%M%S"
    return f"{text} {start.strftime(stamp)} {after.strftime(stamp)} {checksum(lists)}"


class TooLong(Exception):
    pass


def too_long(*_):
    raise TooLong


def main():
    if sys.argv[1] == "--show":
        _, _, text, begin, end, name = sys.argv
        stamp = "%Y%m%dT%H%M%S"
        start, after = datetime.strptime(begin, stamp), datetime.strptime(end, stamp)
        pairs = [part.split("=", 1) for part in text.split(";")]
        parts = dict(pairs[1:])
        freq = pairs[0][1]
        walls = walls_of(written(freq, without_until(parts)), start, after)
        print(occurrences(freq, parts, start, after, ZoneInfo(name), walls))
        return
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    dice = random.Random(seed)
    signal.signal(signal.SIGALRM, too_long)
    made = 0
    while made < count:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try:
            line = case(dice)
        except (ValueError, TooLong):
            line = None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if line:
            print(line)
            made += 1


main()
