// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"

#include <ATen/core/Tensor.h>

#include <map>
#include <span>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// Values that take the place of those computed at a hook, or are added to them, for some rows of a
/// batch.
struct Edit {
  Hook hook = Hook::resid_post;
  int layer = 0;
  bool by_head = false;  ///< of hook_z: one head of each row
  at::Tensor rows;       ///< [n] int64, rows of the batch; or row * heads + head
  at::Tensor values{};   ///< [n, ...] or [1, ...] for all of them; undefined: zeros
  bool added = false;    ///< to what is there; then `values` is defined
  /// Of hook_z, for many heads at once: [lane + 1, heads] bool, those that become zero at all of a
  /// lane's positions. Then `rows` says for every row of the batch which of these it follows.
  at::Tensor removed{};
};

/// Edits by their place, which are as old as the table.
class EditTable {
 public:
  EditTable() = default;
  explicit EditTable(std::span<const Edit> edits);
  /// In their order.
  [[nodiscard]] std::span<const Edit* const> at(Hook hook, int layer) const;

 private:
  std::map<std::pair<Hook, int>, std::vector<const Edit*>> places_;
};

/// `x` [row, ...] with all edits of this place made, in their order; `x` itself where there are
/// none. The storage of `x` is never written to: others may look at it.
at::Tensor edited(const EditTable& edits, Hook hook, int layer, const at::Tensor& x);

}  // namespace phiscope::extract
