"""llama.cpp is loaded by ctypes from the folder lib of its package."""

from PyInstaller.utils.hooks import collect_dynamic_libs

binaries = [entry for entry in collect_dynamic_libs("llama_cpp") if "mtmd" not in entry[0]]
