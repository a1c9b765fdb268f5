"""``python -m desktop``: what the command ``vademecum`` does."""

import sys

from desktop.cli import main

if __name__ == "__main__":
    sys.exit(main())
