#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev gpu-test and gpu-bench.

device=${PHISCOPE_DEVICE:-cuda:0}

cuda_kernel_tags=(cuda_gated_activation cuda_head_norm cuda_logit_divergence cuda_not_finite
                  cuda_rms_norm cuda_rotate_heads cuda_step_attentions)

# Each tag in a process of its own, because LibTorch looks for CUDA only once.
gpu_test() {
  build
  local tag failed=0
  for tag in cuda_device "${cuda_kernel_tags[@]}"; do
    build/release/tests/extract_kernel_tests "[$tag]" || failed=1
  done
  for tag in head_norms score_divergence device_draw device_parity; do
    PHISCOPE_TEST_DEVICE=$device build/release/tests/extract_model_tests "[$tag]" 2>build/gpu-test.log || {
      failed=1
      tail -n 5 build/gpu-test.log >&2
    }
  done
  PHISCOPE_TEST_DEVICE=$device build/release/tests/extract_run_tests "[device_queue]" || failed=1
  if python3 -c 'import numpy' 2>/dev/null; then
    python3 tools/device_runs.py --device "$device" || failed=1
  else
    say "tools/device_runs.py: not run, python3 has no numpy"
  fi
  if [ "$device" = cpu ]; then
    say "compute-sanitizer: not run, the device is the CPU"
  elif command -v compute-sanitizer >/dev/null; then
    compute-sanitizer --error-exitcode 1 build/release/tests/extract_kernel_tests \
      "$(printf ',[%s]' "${cuda_kernel_tags[@]}" | cut -c 2-)" || failed=1
  else
    say "compute-sanitizer: not run, it is not in PATH"
  fi
  [ "$failed" -eq 0 ] || fail "gpu-test: some tests failed on $device (above)"
  say "gpu-test: passed on $device"
}

gpu_bench() {
  build
  local python=${PHISCOPE_PYTHON:-python3} how=(--device "$device" --out docs/gpu.md)
  if [ "$device" = cpu ]; then how=(--device cpu --quick); fi
  "$python" bench/gpu.py --program build/release/bin/extract "${how[@]}"
}
