// SPDX-License-Identifier: MIT
#include "model/edit.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/where.h>

namespace phiscope::extract {
namespace {

/// Values at some rows of `result`, or at some heads of them.
void change_rows(const Edit& edit, const at::Tensor& result) {
  const at::Tensor place = edit.by_head ? result.flatten(0, 1) : result;
  if (!edit.values.defined()) {
    place.index_fill_(0, edit.rows, 0.0);
    return;
  }
  std::vector<std::int64_t> shape = place.sizes().vec();
  shape[0] = edit.rows.size(0);
  const at::Tensor values = edit.values.to(place.options()).expand(shape);
  if (edit.added) {
    place.index_add_(0, edit.rows, values);
  } else {
    place.index_copy_(0, edit.rows, values);
  }
}

/// z [row, head, unit] without the heads that its rows' lanes have removed.
at::Tensor without_heads(const Edit& edit, const at::Tensor& z) {
  const at::Tensor lanes = edit.rows.narrow(0, 0, z.size(0));
  return at::where(edit.removed.index_select(0, lanes).unsqueeze(2), 0.0, z);
}

}  // namespace

EditTable::EditTable(std::span<const Edit> edits) {
  for (const Edit& edit : edits) places_[{edit.hook, edit.layer}].push_back(&edit);
}

std::span<const Edit* const> EditTable::at(Hook hook, int layer) const {
  const auto found = places_.find({hook, layer});
  if (found == places_.end()) return {};
  return found->second;
}

at::Tensor edited(const EditTable& edits, Hook hook, int layer, const at::Tensor& x) {
  at::Tensor result = x;
  for (const Edit* edit : edits.at(hook, layer)) {
    if (edit->removed.defined()) {
      result = without_heads(*edit, result);
      continue;
    }
    if (result.is_same(x)) result = x.clone(at::MemoryFormat::Contiguous);
    change_rows(*edit, result);
  }
  return result;
}

}  // namespace phiscope::extract
