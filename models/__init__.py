"""The workshop: which models exist, how they arrive, and how they are tested."""
