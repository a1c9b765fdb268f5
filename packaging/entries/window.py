"""The built program's window.  Its children are the other executable: this one holds no model and no parser."""

import multiprocessing
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    if sys.stdout is None or sys.stderr is None:  # a windowed program on Windows has none
        sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        sys.stderr = sys.stderr or sys.stdout
    multiprocessing.freeze_support()
    engine = "vademecum-engine.exe" if sys.platform == "win32" else "vademecum"
    multiprocessing.set_executable(str(Path(sys.executable).with_name(engine)))

    from desktop.window.app import main

    sys.exit(main(sys.argv[1:]))
