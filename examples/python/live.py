"""Follows a ranking live: a line of JSON per event. It survives lost connections and restarts of the platform without a gap.

    python3 examples/python/live.py PROVINCE-2026 3      # three events, then it ends; without the number it goes on
"""

import itertools
import json
import sys

from dti import DtiError, follow

if len(sys.argv) < 2:
    sys.exit(__doc__)
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else None

DOCUMENT = """subscription Live($round: String!, $since: String) {
  rankingUpdates(round: $round, since: $since) {
    revision previousRevision complete
    rows { rank previousRank value entity { code name } }
  }
}"""

ranking = {}
try:
    for update in itertools.islice(follow(DOCUMENT, {"round": sys.argv[1]}), COUNT):
        if update["complete"]:
            ranking.clear()  # The rows are the whole state, and replace what was there.
        for row in update["rows"]:
            ranking[row["entity"]["code"]] = row
        print(json.dumps(update, ensure_ascii=False), flush=True)
except DtiError as error:
    sys.exit(str(error))
except KeyboardInterrupt:
    sys.exit(130)

# What was put together from the events is the ranking as of the last revision.
best = [row for row in ranking.values() if row["rank"] is not None]
for row in sorted(best, key=lambda each: each["rank"])[:5]:
    print(f"{row['rank']:>3} {row['entity']['name']:<20} {row['value']:.4f}", file=sys.stderr)
