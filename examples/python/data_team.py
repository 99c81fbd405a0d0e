"""Three ways to take figures away: a query, a list page by page, and a file.

    python3 examples/python/data_team.py PROVINCE-2022
"""

import sys
from collections import defaultdict
from statistics import median

from dti import DtiError, export_rows, pages, query

ROUND = sys.argv[1] if len(sys.argv) > 1 else "PROVINCE-2022"

try:
    data = query(
        """query Top($round: String!) {
          ranking(round: $round, first: 3) { edges { node { rank entity { name(lang: VI) } score { published } } } }
        }""",
        {"round": ROUND},
    )
except DtiError as error:
    # The code says what to do; NOT_FOUND here: no such round.
    sys.exit(f"{error}\nThe rounds are in: {{ rounds {{ edges {{ node {{ code }} }} }} }}" if error.code == "NOT_FOUND" else str(error))

for edge in data["ranking"]["edges"]:
    row = edge["node"]
    print(f"{row['rank']:>3} {row['entity']['name']:<20} {row['score']['published']}")

scores = list(
    pages(
        """query Scores($round: String!, $after: String) {
          scores(round: $round, kind: MAIN_INDEX, first: 200, after: $after) {
            pageInfo { hasNextPage endCursor }
            edges { node { value entity { code } measure { code } } }
          }
        }""",
        {"round": ROUND},
    )
)
print(f"{len(scores)} scores of main indexes, page by page")

regions = defaultdict(list)
for row in export_rows("ranking", round=ROUND):
    if row["value"] != "":  # an empty cell is a value that is missing, never 0
        regions[row["region_name"]].append(float(row["value"]))
for name, values in sorted(regions.items(), key=lambda each: -median(each[1])):
    print(f"{name:<45} {len(values):>3} {median(values):.4f}")
