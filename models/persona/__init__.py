"""The persona workshop: specification -> examples -> LoRA training -> adapter.

Only this package trains; peft, and training with transformers and torch, are used nowhere else.
"""
