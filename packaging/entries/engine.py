"""The built program's command line and engine; every child process is this one, too."""

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a child begins here, and goes no further

    from desktop.cli import main

    sys.exit(main())
