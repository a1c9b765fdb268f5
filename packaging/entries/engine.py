"""The built program's command line and engine; every child process is this one, too."""

import multiprocessing
import os
import sys

if __name__ == "__main__":
    if sys.stdout is None or sys.stderr is None:  # closed by whoever started it, or a program without a console
        sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    multiprocessing.freeze_support()  # a child begins here, and goes no further

    from desktop.cli import main

    sys.exit(main())
