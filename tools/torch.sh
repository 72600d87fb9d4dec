#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# LibTorch: where it is found, and how it gets into .venv.

torch_version=2.11.0
nvcc_wheels=(nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-runtime==13.0.96)

has_libtorch() { [ -e "$1/lib/libtorch_cpu.so" ] && [ -e "$1/include/torch/csrc/api/include/torch/version.h" ]; }

# Prints the folder of LibTorch: PHISCOPE_TORCH, our own venv, or an installed PyTorch (2.5 or later).
find_torch() {
  if [ -n "${PHISCOPE_TORCH:-}" ]; then
    has_libtorch "$PHISCOPE_TORCH" || fail "PHISCOPE_TORCH=$PHISCOPE_TORCH: no lib/libtorch_cpu.so with headers there"
    (cd "$PHISCOPE_TORCH" && pwd)
    return 0
  fi
  local folder
  for folder in "$PWD"/.venv/lib/python3*/site-packages/torch; do
    if has_libtorch "$folder"; then echo "$folder"; return 0; fi
  done
  folder=$(python3 - <<'PY'
import importlib.util, os, re
spec = importlib.util.find_spec("torch")
if spec and spec.origin:
    folder = os.path.dirname(spec.origin)
    try:
        text = open(os.path.join(folder, "version.py")).read()
    except OSError:
        text = ""
    found = re.search(r"__version__ = '(\d+)\.(\d+)", text)
    if found and (int(found[1]), int(found[2])) >= (2, 5):
        print(folder)
PY
  )
  if [ -n "$folder" ] && has_libtorch "$folder"; then echo "$folder"; return 0; fi
  return 1
}

# Sets torch_root. With --cuda: PyTorch with CUDA, and an nvcc of the same release.
setup_torch() {
  if [ "${cuda:-}" ]; then
    if [ ! -e .venv/.phiscope-cuda ]; then
      say "installing PyTorch $torch_version with CUDA into .venv (2.7 GB), and nvcc"
      pip_install "torch==$torch_version" "${nvcc_wheels[@]}"
      touch .venv/.phiscope-cuda
    fi
  elif ! find_torch >/dev/null; then
    say "installing the CPU half of LibTorch $torch_version into .venv (0.55 GB)"
    pip_install --no-deps "torch==$torch_version" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85
  fi
  torch_root=$(find_torch) || fail "no LibTorch found after the installation; see build/pip.log"
}
