// SPDX-License-Identifier: MIT
#include "model/edit.hpp"

#include <ATen/core/Tensor.h>

namespace phiscope::extract {

at::Tensor edited(std::span<const Edit> edits, Hook hook, int layer, const at::Tensor& x) {
  at::Tensor result = x;
  for (const Edit& edit : edits) {
    if (edit.hook != hook || edit.layer != layer) continue;
    if (result.is_same(x)) result = x.clone();
    const at::Tensor place = edit.head < 0 ? result : result.select(1, edit.head);
    if (!edit.values.defined()) {
      place.index_fill_(0, edit.rows, 0.0);
      continue;
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
  return result;
}

}  // namespace phiscope::extract
