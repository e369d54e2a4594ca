"""Print what photos cost a month, in this system's forms and in the course's design."""

import argparse
import json
import sys

from tests.cost import scale
from tests.cost.table import PAGE, document, page, table


def main() -> None:
    """Print the table, or JSON, or store the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="store the pages")
    options = parser.parse_args()
    if options.write:
        PAGE.write_text(page(), encoding="utf-8")
        scale.PAGE.write_text(scale.page(), encoding="utf-8")
    text = json.dumps(document(), indent=2) + "\n" if options.json else table()
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
