// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"

#include <ATen/core/Tensor.h>

#include <span>

namespace phiscope::extract {

/// Values that take the place of those computed at a hook, or are added to them, for some rows of a
/// batch.
struct Edit {
  Hook hook = Hook::resid_post;
  int layer = 0;
  int head = -1;        ///< of hook_z: this head alone; -1: all units
  at::Tensor rows;      ///< [n] int64, rows of the batch
  at::Tensor values{};  ///< [n, ...] or [1, ...] for all of them; undefined: zeros
  bool added = false;   ///< to what is there; then `values` is defined
};

/// `x` [row, ...] with all edits of this place made, in their order; `x` itself where there are
/// none. The storage of `x` is never written to: others may look at it.
at::Tensor edited(std::span<const Edit> edits, Hook hook, int layer, const at::Tensor& x);

}  // namespace phiscope::extract
